/* temp.h: a file that is written before it has its name, and so appears complete or not at all. */
#ifndef CORE_BASE_TEMP_H
#define CORE_BASE_TEMP_H

#include <stdbool.h>
#include <sys/types.h>

#include "unfinished.h"

/* acp's own. */
#define TEMP_PREFIX ".acp-"

/* Opens a new file for writing in the directory of name, which is relative to dir_fd. It has no
 * name (*temp is NULL) if the filesystem can make such files, else one of its own, malloc'd, for
 * temp_name or temp_drop: the prefix and 16 digits. While it has a name of its own, it is in
 * *unfinished. Returns the descriptor or -errno. */
int temp_open(int dir_fd, const char *name, const char *prefix, mode_t mode, char **temp,
              struct unfinished *unfinished);
/* Gives it its name; with replaces, instead of the file that has it. Takes over temp. Returns 0 or
 * -errno, and then it has no name at all. */
int temp_name(int dir_fd, const char *name, const char *prefix, int fd, char *temp, bool replaces,
              struct unfinished *unfinished);
/* Removes it. Takes over temp, takes NULL. */
void temp_drop(int dir_fd, char *temp, struct unfinished *unfinished);
/* Removes the files from a directory that processes with this prefix have left when they were
 * killed: those that were made since this machine was started, on this mount, and whose maker does
 * not hold them locked any more. All others may be someone's on another machine, and stay. */
void temp_sweep(int dir_fd, const char *prefix);
/* linkat(2) for a file by its descriptor. Returns 0 or -errno: -ENOENT if there is no /proc, and
 * the kernel allows it by a name only. */
int temp_link(int fd, int dir_fd, const char *name);

#endif
