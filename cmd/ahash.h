/* ahash.h: what the parts of ahash share. */
#ifndef CMD_AHASH_H
#define CMD_AHASH_H

#include <stdatomic.h>

#include "../core/hash.h"
#include "cli.h"
#include "cli_sumline.h"

/* -- a line of a check file: ahash_line.c; knows neither files nor messages -- */

/* How the lines of this run part digest and name. The first line that tells decides for all, so
 * that no file name with a blank in front can change what a line means. */
enum ahash_separator {
    SEPARATOR_UNKNOWN,
    SEPARATOR_MODE,  /* blank, then ' ' or '*', then the name */
    SEPARATOR_BLANK, /* blank, then the name: as old BSD commands wrote it */
};

struct ahash_parser {
    const char *tag; /* of BSD's style */
    size_t digest_bytes;
    enum ahash_separator separator;
};

struct ahash_line {
    const char *name; /* in the text that was parsed */
    uint8_t digest[DIGEST_BYTES_MAX];
};

/* Takes apart a line of len bytes without its end. text is changed, up to text[len]. False: it is
 * not a properly formatted line. */
bool ahash_line_parse(struct ahash_parser *parser, char *text, size_t len, struct ahash_line *line);

/* -- a run -- */

enum ahash_kind {
    AHASH_DIGEST,    /* its digest is printed */
    AHASH_CHECK,     /* its digest is compared */
    AHASH_BAD_LINE,  /* no file: an improperly formatted line of the check file of that name */
    AHASH_CHECK_END, /* no file: the check file of that name has been read, or could not be */
    AHASH_LIST,      /* no file: something is wrong with the list of names */
};

/* file->op */
struct ahash_item {
    struct hash_result result; /* first: core/hash.h */
    enum ahash_kind kind;
    uint64_t line; /* of AHASH_BAD_LINE, AHASH_LIST */
    int names0;    /* of AHASH_LIST: what names0_next returned */
    uint8_t expected[DIGEST_BYTES_MAX];
};

/* What has come out of one check file. */
struct ahash_counts {
    uint64_t proper, bad_lines, unreadable, mismatched, matched;
};

struct ahash {
    struct cli_common common;
    bool check, recursive, ignore_missing, quiet, status_only, strict, warn;
    struct sumline_format format;
    struct digest *digest;
    size_t digest_bytes;
    struct dir *cwd;
    /* the producer's */
    char **operands; /* NULL-ended; NULL: those of names */
    struct names0 *names;
    struct ahash_parser parser;
    struct stats stdin_stats;   /* what the engines did not see */
    atomic_uint_fast64_t added; /* files handed over, at least: the walk adds some itself */
    /* retire's */
    struct ahash_counts counts;
    uint64_t flushed_ns;
    bool failed;
};

/* A file of the given kind, relative to the working directory. NULL: out of memory. */
struct file *ahash_file(struct ahash *ahash, struct feed *feed, enum ahash_kind kind,
                        const char *name);
/* Hands over a file, for an engine; or, where its name is "-", digests standard input. */
int ahash_add(struct ahash *ahash, struct feed *feed, struct file *file);
/* Says what is wrong with a file, and makes the run fail. */
void ahash_report(struct ahash *ahash, const struct file *file);

/* Adds what a check file lists, line by line. Returns 0 or -errno, to end the producer. */
int ahash_check_produce(struct ahash *ahash, struct feed *feed, const char *path);
/* Retires AHASH_CHECK, AHASH_BAD_LINE, AHASH_CHECK_END. */
void ahash_check_retire(struct ahash *ahash, struct file *file);

#endif
