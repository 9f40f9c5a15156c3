/* data.h: the data set. */
#ifndef CMD_ABENCH_MEASURE_DATA_H
#define CMD_ABENCH_MEASURE_DATA_H

#include "manifest.h"

/* Looks the operands over, lists the regular files in the temporary file "list", and writes what
 * results are compared with to "manifest" (copy) or "reference" (hash). Messages; returns false
 * where something cannot be read. */
bool data_collect(struct bench *bench);
/* Calls each for every entry of the trees, in order. content: with digests of the files' bytes.
 * Returns 0, the first -errno (with its file's name in a message), or what each returned. */
int data_walk(char *const *paths, size_t n_paths, bool content,
              int (*each)(const struct manifest_entry *entry, void *arg), void *arg);

#endif
