/* blocks.h: --discard in blocks, to measure how long each read, or write, takes. */
#ifndef CMD_ACAT_BLOCKS_H
#define CMD_ACAT_BLOCKS_H

#include "../../core/load/load.h"
#include "../cli/options.h"
#include "operands.h"

enum {
    OPT_DISCARD = CLI_OPT_FIRST,
    OPT_PATTERN,
    OPT_TIME,
    OPT_BYTES,
    OPT_JSON,
    OPT_WRITE,
    OPT_FSYNC
};

struct blocks_request {
    bool wanted; /* one of the options was given */
    enum load_pattern pattern;
    uint64_t time_ns, bytes; /* 0: not given */
    unsigned write_percent;  /* 0: only reads */
    unsigned fsync_every;    /* 0: never */
    bool json;
};

/* Takes an option of reads in blocks. Returns false if it is another one. Exits if its value is
 * wrong. */
bool blocks_option(struct blocks_request *request, int option, const char *argument);
/* Reads each operand in blocks, prints the reports, and closes standard output. Returns false if
 * anything failed. */
bool blocks_run(const struct blocks_request *request, const struct cli_common *common,
                const struct engine *engine, const char *why, unsigned jobs,
                struct operands *operands);

#endif
