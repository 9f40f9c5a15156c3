/* clone.h: sharing blocks between files. */
#ifndef CORE_COPY_CLONE_H
#define CORE_COPY_CLONE_H

#include "copy.h"

/* Shares the blocks of the source with the destination if the options and the filesystem allow it.
 * from, to: open on them. Returns 1 if it did; 0 if the bytes must be copied; or -errno with the
 * file failed. */
int clone_file(struct copy *copy, struct file *file, const struct stat *st, int from, int to);

#endif
