/* data.h: the files to measure. */
#ifndef CMD_ABENCH_MEASURE_DATA_H
#define CMD_ABENCH_MEASURE_DATA_H

#include "manifest.h"

/* Walks the operands and counts their files. Lists the regular files in the temporary file "list".
 * Writes what a copy must have to "manifest". Returns false, after a message, if the trees cannot
 * be walked. */
bool data_collect(struct bench *bench);
/* Writes the digests of the files in the list to "reference" for hash, and to "manifest" for copy.
 * Returns false, after a message, if it cannot. */
bool data_expect(struct bench *bench);
/* Entries that cannot be read. */
struct data_unreadable {
    uint64_t count;
    bool quiet; /* they are not reported */
};
/* Calls each for every entry of the trees, in order. content: with digests of the files. Entries
 * that cannot be read are counted and left out; unreadable NULL: they are errors. Returns 0, the
 * first other -errno (after a message), or the result of each if it is not 0. */
int data_walk(char *const *paths, size_t n_paths, bool content, struct data_unreadable *unreadable,
              int (*each)(const struct manifest_entry *entry, void *arg), void *arg);

#endif
