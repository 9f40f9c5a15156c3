/* entry.h: which directory entry a name stands for: one inode may have several, and one entry
 * several names. */
#ifndef CORE_COPY_ENTRY_H
#define CORE_COPY_ENTRY_H

#include <stdbool.h>
#include <sys/stat.h>

#include "../pipeline/file.h"

bool entry_same_inode(const struct stat *a, const struct stat *b);
/* Returns the last part of a name. */
const char *entry_base(const char *name);
/* Looks up the directory that it is in. flags, and what is returned, are fstatat(2)'s. */
int entry_parent(const struct dir *dir, const char *name, struct stat *st, int flags);
/* Opens the directory that it is in, with O_PATH. Returns a descriptor, or -1 with errno. */
int entry_open_parent(const char *name);
/* Tells whether two names stand for one entry. flags: with AT_SYMLINK_NOFOLLOW, a directory and a
 * link to it are two directories. */
bool entry_same(const struct dir *a_dir, const char *a, const struct dir *b_dir, const char *b,
                int flags);

#endif
