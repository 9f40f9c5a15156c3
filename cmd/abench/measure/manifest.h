/* manifest.h: the entries of a tree, to compare a copy with its source. */
#ifndef CMD_ABENCH_MEASURE_MANIFEST_H
#define CMD_ABENCH_MEASURE_MANIFEST_H

#include "../context.h"

#include <stdio.h>

enum { BENCH_DIGEST_BYTES = 32 };

/* One entry of a tree. */
struct manifest_entry {
    const char *path; /* from the operand on */
    const char
        *name; /* below the operand; with several operands, from the operand's last component on */
    unsigned char type;    /* DT_* */
    uint64_t bytes;        /* of regular files */
    uint64_t ino;          /* of regular files */
    const uint8_t *digest; /* of the content, or of a link's target; NULL: unknown */
};

struct manifest {
    struct manifest_item *items;
    size_t len, cap;
};

/* Writes an entry of the source. Errors stay with the stream. */
void manifest_put(FILE *file, const struct manifest_entry *entry);
/* Reads entries that manifest_put has written. Returns 0 or -errno. */
int manifest_load(struct manifest *manifest, const char *path);
void manifest_add(struct manifest *manifest, const struct manifest_entry *entry);
/* Prints the first differences of the arm's copy, got, from want, except those of files that have
 * changed, and sorts both. Returns the number of differences. one_filesystem: the copy can have
 * hard links to the source. */
unsigned manifest_compare(const struct bench *bench, const char *arm, struct manifest *want,
                          struct manifest *got, bool one_filesystem);
/* Sorts the entries, for manifest_find, and writes them to the file. Return 0 or -errno. */
void manifest_sort(struct manifest *manifest);
int manifest_save(const struct manifest *manifest, const char *path);
/* Returns the entry of that name, or NULL. */
struct manifest_item *manifest_find(const struct manifest *manifest, const char *name);
bool manifest_has_digest(const struct manifest_item *item);
/* Gives an entry the bytes and the digest of a file that has been read. */
void manifest_set_digest(struct manifest_item *item, uint64_t bytes, const uint8_t *digest);
/* Leaves only the files of a list of NUL-ended names in the sorted manifest, and the directories
 * above them. Returns 0 or -errno. */
int manifest_reduce(struct manifest *manifest, const char *list);
void manifest_free(struct manifest *manifest);

#endif
