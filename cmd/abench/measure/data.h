/* data.h: the files to measure. */
#ifndef CMD_ABENCH_MEASURE_DATA_H
#define CMD_ABENCH_MEASURE_DATA_H

#include "manifest.h"

/* Walks the operands and counts their files. Lists the regular files in the temporary file "list".
 * Writes the expected results to "manifest" (copy) or "reference" (hash). Returns false, after a
 * message, if something cannot be read. */
bool data_collect(struct bench *bench);
/* Calls each for every entry of the trees, in order. content: with digests of the files. Returns 0,
 * the first -errno (after a message), or the result of each if it is not 0. */
int data_walk(char *const *paths, size_t n_paths, bool content,
              int (*each)(const struct manifest_entry *entry, void *arg), void *arg);

#endif
