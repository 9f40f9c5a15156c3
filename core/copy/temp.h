/* temp.h: a file that is written before it has its name, and so appears complete or not at all. */
#ifndef CORE_COPY_TEMP_H
#define CORE_COPY_TEMP_H

#include <stdbool.h>
#include <sys/types.h>

#include "unfinished.h"

/* Opens a new file for writing in the directory where name, relative to dir_fd, is to be. It has no
 * name (*temp is NULL) where the filesystem can make such files, else one of its own, malloc'd, for
 * temp_name or temp_drop. While it has a name of its own, it is in *unfinished. Returns the
 * descriptor or -errno. */
int temp_open(int dir_fd, const char *name, mode_t mode, char **temp,
              struct unfinished *unfinished);
/* Gives it its name, in the place of what has it where replaces. Takes over temp. Returns 0 or
 * -errno, and then it has no name at all. */
int temp_name(int dir_fd, const char *name, int fd, char *temp, bool replaces,
              struct unfinished *unfinished);
/* Removes it. Takes over temp, takes NULL. */
void temp_drop(int dir_fd, char *temp, struct unfinished *unfinished);

#endif
