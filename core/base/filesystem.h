/* filesystem.h: what the type of a filesystem tells. */
#ifndef CORE_BASE_FILESYSTEM_H
#define CORE_BASE_FILESYSTEM_H

#include <stdbool.h>

/* fd is open on a file or a directory of it. A type that cannot be asked for counts as none of
 * these. */

/* Whether a call may take a round trip to a server: a remote filesystem, or FUSE, which may be. */
bool filesystem_is_remote(int fd);
/* Whether it is FAT, which keeps times in units of two seconds. */
bool filesystem_is_fat(int fd);

#endif
