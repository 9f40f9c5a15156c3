/* digest_lines.h: lists of digests, as sha256sum prints them. */
#ifndef CMD_ABENCH_MEASURE_DIGEST_LINES_H
#define CMD_ABENCH_MEASURE_DIGEST_LINES_H

#include <stdbool.h>
#include <stddef.h>

struct digest_lines {
    char **line;
    size_t len, cap;
};

/* Reads an arm's output, sorted. Returns false where it is no list of digests. */
bool digest_lines_load(struct digest_lines *lines, const char *path);
/* Says how got differs from want, and returns in how many lines. */
unsigned digest_lines_compare(const char *arm, const struct digest_lines *want,
                              const struct digest_lines *got);
void digest_lines_free(struct digest_lines *lines);

#endif
