/* digest_lines.h: lists of digests in the format of sha256sum. */
#ifndef CMD_ABENCH_MEASURE_DIGEST_LINES_H
#define CMD_ABENCH_MEASURE_DIGEST_LINES_H

#include "../context.h"
#include "manifest.h"

struct digest_line {
    uint8_t digest[BENCH_DIGEST_BYTES];
    char *name;
};

struct digest_lines {
    struct digest_line *line;
    size_t len, cap;
};

/* Reads a list and sorts it. Returns false if it is not a list of digests. */
bool digest_lines_load(struct digest_lines *lines, const char *path);
/* Prints the first differences of got from want, except those of files that have changed. Returns
 * the number of differences. */
unsigned digest_lines_compare(const struct bench *bench, const char *arm,
                              const struct digest_lines *want, const struct digest_lines *got);
void digest_lines_free(struct digest_lines *lines);

#endif
