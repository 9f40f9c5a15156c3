/* ahash.h: the options and the state of a run. */
#ifndef CMD_AHASH_AHASH_H
#define CMD_AHASH_AHASH_H

#include <pthread.h>
#include <stdatomic.h>

#include "algorithms.h"
#include "../../core/pipeline/feed.h"
#include "../cli/checksum_line.h"
#include "../cli/name_list.h"
#include "../cli/options.h"

/* Results of one check file. */
struct ahash_counts {
    uint64_t proper, bad_lines, mismatched, matched;
    uint64_t unreadable; /* the missing ones, too */
    uint64_t missing;
    uint64_t ignored; /* missing, with --ignore-missing */
};

/* A command that ahash stands in for when it is called by that name. */
struct ahash_persona {
    const char *command;
    const char *algorithm; /* NULL: any, ahash itself */
    const char *tag;       /* in messages */
    const char *title;     /* of the usage */
};

struct ahash {
    struct cli_common common;
    const struct ahash_persona *persona;
    bool check, recursive, ignore_missing, quiet, status_only, strict, warn, json;
    bool tagged;     /* BSD's style */
    const char *tag; /* of the lines that --check expects, in messages; NULL: of more than one */
    struct checksum_format format;
    struct algorithms algorithms;
    const char *update_path; /* --update: the manifest */
    bool verify, force_empty, verbose;
    struct manifest *manifest; /* of --update; NULL: none */
    bool report_unlisted, summary;
    bool stdin_read; /* the producer's: as a file, or as a check file */
    char **trees; /* --report-unlisted's arguments; NULL: the common directory of what is listed */
    size_t trees_len;
    struct dir *cwd;
    /* the producer's */
    char **operands; /* NULL-ended; NULL: those of names */
    struct names0 *names;
    struct checksum_reader reader; /* of the check files */
    struct unlisted *unlisted;     /* unlisted.c's */
    pthread_t stdin_thread;
    struct file *stdin_file; /* being read; NULL: there is no such thread */
    struct feed *stdin_feed;
    struct stats stdin_stats;   /* what the engines did not see */
    atomic_uint_fast64_t added; /* files handed over, at least: the walk adds some itself */
    struct {
        uint64_t dev, ino;
    } outputs[2]; /* standard output and standard error; ino 0: not a regular file */
    /* retire's */
    struct ahash_counts counts, total; /* of one check file, of all that have been read */
    uint64_t unlisted_count;
    size_t write_bytes; /* of lines, at once */
    uint64_t flushed_ns;
    bool failed;
};

/* Reads the command line. Exits if it makes no sense: options.c. */
void ahash_parse_options(struct ahash *ahash, int argc, char **argv);
/* Tells whether a name leads to a directory. */
bool ahash_is_directory(const char *name);

#endif
