/* acat.h: a run of acat. */
#ifndef CMD_ACAT_ACAT_H
#define CMD_ACAT_ACAT_H

#include <sys/types.h>

#include "../cli/options.h"
#include "blocks.h"
#include "format.h"
#include "operands.h"

struct acat {
    struct cli_common common;
    struct format_opts format_opts;
    struct blocks_request blocks;
    bool discard;
    unsigned jobs;
    const struct engine *engine;
    const char *why;          /* reason of a fall-back to sync, or NULL */
    struct operands operands; /* the producer's while a feed runs */

    struct dir *cwd;
    struct sink **sinks;   /* [engine_jobs_max] */
    struct format *format; /* NULL: bytes are written unchanged */
    char *block;
    bool stdin_read;
    bool out_is_regular;
    bool can_offload; /* bytes go unchanged from file to file */
    int cached_fd;    /* of an OPERAND_CACHED; -1: none */
    dev_t out_dev;
    ino_t out_ino;
    struct stats stats; /* sum over all runs of files */
    bool failed;
};

/* Reads the command line. Exits if it makes no sense. */
void acat_parse_options(struct acat *acat, int argc, char **argv);

#endif
