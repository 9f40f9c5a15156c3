/* filesystem.h: what the type of a filesystem tells. */
#ifndef CORE_BASE_FILESYSTEM_H
#define CORE_BASE_FILESYSTEM_H

#include <stdbool.h>

/* fd is open on a file or a directory of it. A type that cannot be asked for counts as none of
 * these. */

/* Tells whether a call may take a round trip to a server: a remote filesystem, or FUSE, which may
 * be. */
bool filesystem_is_remote(int fd);
/* Tells whether it does more with buffered writes than to store them: compresses them, or lays them
 * out as it finds best. Direct writes into allocated blocks would keep it from that. (60 MB of
 * repeated text on btrfs with compress=zstd: none of its extents were compressed, and all were
 * through the cache.) */
bool filesystem_transforms(int fd);
/* Tells whether it is overlayfs, which keeps no pages of its own: cachestat(2) tells 0 there. */
bool filesystem_is_overlay(int fd);
/* Tells whether it is FUSE, whose filesystems may tell any size. */
bool filesystem_is_fuse(int fd);
/* Tells whether it is /proc, in which no file can be made. */
bool filesystem_is_proc(int fd);
/* Tells whether it is known to give a new file the mode, the group and the ACL that open(2) and
 * acl(5) describe, whatever the file's name and the mount options are. */
bool filesystem_keeps_modes(int fd);
/* Tells whether it is FAT, which keeps times in units of two seconds. */
bool filesystem_is_fat(int fd);

#endif
