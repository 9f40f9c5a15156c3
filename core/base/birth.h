/* birth.h: tells a file from another one that has its inode number later.
 *
 * If a file is removed, its inode number may be given to a new file at once (xfs). Device, inode
 * and time of birth name one file. */
#ifndef CORE_BASE_BIRTH_H
#define CORE_BASE_BIRTH_H

#include <stdint.h>
#include <sys/stat.h>

/* As fstatat(2), and as fstat(2) of dir_fd if name is NULL, with the time of birth in nanoseconds;
 * 0: unknown. flags: 0 or AT_SYMLINK_NOFOLLOW. Returns 0, or -1 with errno. */
int birth_stat(int dir_fd, const char *name, int flags, struct stat *st, int64_t *birth_ns);

#endif
