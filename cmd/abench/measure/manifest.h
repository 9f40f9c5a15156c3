/* manifest.h: the entries of a tree, which a copy must have like its source. */
#ifndef CMD_ABENCH_MEASURE_MANIFEST_H
#define CMD_ABENCH_MEASURE_MANIFEST_H

#include "../context.h"

#include <stdio.h>

enum { BENCH_DIGEST_BYTES = 32 };

/* One entry of a tree. */
struct manifest_entry {
    const char *path;   /* as a user would write it */
    const char *name;   /* below the operand; with several operands, from its last component on */
    unsigned char type; /* DT_* */
    uint64_t bytes;     /* of regular files */
    uint64_t ino;       /* of regular files */
    const uint8_t *digest; /* of the content, or of a link's target; NULL: not asked for */
};

struct manifest {
    struct manifest_item *items;
    size_t len, cap;
};

/* Writes an entry of the source to the manifest; errors stay with the stream. */
void manifest_put(FILE *file, const struct manifest_entry *entry);
/* Reads what manifest_put wrote. Returns 0 or -errno. */
int manifest_load(struct manifest *manifest, const char *path);
void manifest_add(struct manifest *manifest, const struct manifest_entry *entry);
/* Says how got differs from want, of the arm's copy, and returns in how many entries. Sorts both.
 * one_filesystem: they can be one file. */
unsigned manifest_compare(const char *arm, struct manifest *want, struct manifest *got,
                          bool one_filesystem);
void manifest_free(struct manifest *manifest);

#endif
