/* statx.h: what statx(2) tells, as fstat(2) does, and a file's time of birth.
 *
 * If a file is removed, its inode number may be given to a new file at once (xfs). Device, inode
 * and time of birth name one file. */
#ifndef CORE_BASE_STATX_H
#define CORE_BASE_STATX_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>
#ifndef STATX_BASIC_STATS /* musl before 1.2.5 */
#include <linux/stat.h>
#endif

#include "musl.h"

/* Returns the fields of STATX_BASIC_STATS. */
struct stat statx_stat(const struct statx *stx);

/* As fstatat(2), and as fstat(2) of dir_fd if name is NULL, with the time of birth in nanoseconds;
 * 0: unknown. flags: 0 or AT_SYMLINK_NOFOLLOW. Returns 0, or -1 with errno. */
int statx_birth(int dir_fd, const char *name, int flags, struct stat *st, int64_t *birth_ns);
/* Looks at a directory. append_only: files can be added, but no name can be changed or removed
 * (chattr +a); false if unknown. Returns 0, or -1 with errno. */
int statx_directory(int dir_fd, const char *name, dev_t *dev, bool *append_only);

#endif
