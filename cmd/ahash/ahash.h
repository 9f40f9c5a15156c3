/* ahash.h: what the parts of ahash share. */
#ifndef CMD_AHASH_AHASH_H
#define CMD_AHASH_AHASH_H

#include <pthread.h>
#include <stdatomic.h>

#include "../../core/digest/hash.h"
#include "../cli/name_list.h"
#include "../cli/options.h"
#include "../cli/checksum_line.h"

struct ahash_count;
struct ahash_item;

/* -- which digests: algorithms.c -- */

struct algorithms {
    struct digest **chosen; /* what is computed; with --check: what lines may be of */
    size_t chosen_len;
    bool detect;         /* --check: lines may be of any */
    bool any_length;     /* --check: BLAKE2b of any length, as b2sum */
    struct digest **met; /* in lines, beside the chosen ones */
    size_t met_len;
};

/* Takes the algorithms of a list like "sha256,sha3-512"; exits if a name is unknown. */
void algorithms_choose(struct algorithms *algorithms, const char *names);
void algorithms_free(struct algorithms *algorithms);
/* A reader of lines for this run: checksum_line.h. */
struct checksum_reader algorithms_reader(struct algorithms *algorithms);
/* Finds the algorithm of an untagged line by its number of digits. Returns NULL if this run does
 * not accept it. */
const struct digest *algorithms_by_digits(struct algorithms *algorithms, size_t digits);
/* Finds another algorithm that such a line may be of: a list of b2sum looks like one of sha512sum.
 * Returns NULL if there is none. */
const struct digest *algorithms_other(struct algorithms *algorithms, const struct digest *digest);
/* Tells whether the length of a digest stands for this algorithm. */
bool algorithms_is_usual(const struct digest *digest);

/* -- a run -- */

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
    char **trees; /* --report-unlisted's arguments */
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
    uint64_t out_dev, out_ino;  /* standard output; 0: not a regular file */
    /* retire's */
    struct ahash_counts counts, total; /* of one check file, of all that have been read */
    uint64_t unlisted_count;
    size_t write_bytes; /* of lines, at once */
    uint64_t flushed_ns;
    bool failed;
};

/* Reads the command line. Exits if it makes no sense: options.c. */
void ahash_parse_options(struct ahash *ahash, int argc, char **argv);

/* Gives a file to the engines. Digests it on a thread of its own if its name is "-": standard
 * input, for which the producer waits at its end. stdin.c. */
int ahash_add(struct ahash *ahash, struct feed *feed, struct file *file);
void ahash_stdin_join(struct ahash *ahash);
bool ahash_is_directory(const char *name);
/* --json: print a line for a file that was digested, a file that was checked, a bad line of a check
 * file, a check file: json.c. */
void ahash_json_digests(const struct ahash *ahash, const struct file *file, const char *name);
void ahash_json_status(const char *name, const char *status);
void ahash_json_counts(const char *type, const char *name, const struct ahash_count *counts);
void ahash_json_checked(const struct ahash *ahash, const struct file *file, const char *status);
void ahash_json_bad_line(const char *check_file, uint64_t line);
void ahash_json_check_end(const struct file *file, const struct ahash_counts *counts);

/* Adds what a check file lists, line by line. Returns 0 or -errno, to end the producer. */
int ahash_check_produce(struct ahash *ahash, struct feed *feed, const char *path);
/* Digests the file of a mismatching line again, with the other algorithm that the line may be of:
 * rehash.c. True if it matches, and then the result is that one's. */
bool ahash_rehash(const struct file *file, const struct ahash_item *item);
/* Retires AHASH_CHECK, AHASH_BAD_LINE, AHASH_CHECK_END, AHASH_UNLISTED. */
void ahash_check_retire(struct ahash *ahash, struct file *file);
/* Prints --summary and the number of unlisted files, after everything else. */
void ahash_check_finish(struct ahash *ahash);

#endif
