/* symlink.h: what symbolic links lead to. */
#ifndef CORE_COPY_SYMLINK_H
#define CORE_COPY_SYMLINK_H

#include <stdbool.h>
#include <sys/stat.h>

/* Reads all of a link, whatever its size is said to be in *st. malloc'd; NULL with errno. */
char *symlink_read(int dir_fd, const char *name, const struct stat *st);
/* Tells whether the name is a link to target. */
bool symlink_is(int dir_fd, const char *name, const char *target);

#endif
