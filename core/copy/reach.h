/* reach.h: extended attributes and mode of a file, however it can be reached: by a descriptor, by
 * an O_PATH descriptor, or by its name in an open directory; also if /proc is not mounted. No
 * symbolic link is followed. */
#ifndef CORE_COPY_REACH_H
#define CORE_COPY_REACH_H

#include <sys/types.h>

#include "attr.h"

/* Return what the calls of that name return: -1 with errno. */
ssize_t reach_listxattr(const struct attr_at *at, char *names, size_t size);
ssize_t reach_getxattr(const struct attr_at *at, const char *name, void *value, size_t size);
int reach_setxattr(const struct attr_at *at, const char *name, const void *value, size_t size);
int reach_removexattr(const struct attr_at *at, const char *name);
int reach_chmod(const struct attr_at *at, mode_t mode);

#endif
