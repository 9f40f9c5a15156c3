/* temp.h: a file that is written before it has its name, and so appears complete or not at all. */
#ifndef CORE_BASE_TEMP_H
#define CORE_BASE_TEMP_H

#include <pthread.h>
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
/* Names the file; replaces: it takes the name from an existing file. Takes over temp. Returns 0, or
 * -errno and the file has no name. */
int temp_name(int dir_fd, const char *name, const char *prefix, int fd, char *temp, bool replaces,
              struct unfinished *unfinished);
/* Returns the lock of the names in a directory, which others may share. temp_name takes it, unless
 * the file replaces another one: the caller may take it then. */
pthread_mutex_t *temp_names_lock(int dir_fd);
/* Makes something that replaces name, such as a link: make makes it under a temporary name, which
 * then is renamed. So name is never missing, and stays as it was after an error. make is given arg,
 * and returns 0 or -errno. Returns 0 or -errno. */
int temp_replace(int dir_fd, const char *name, const char *prefix,
                 int (*make)(const void *arg, int dir_fd, const char *temp), const void *arg);
/* Removes the temporary name. Takes over temp, takes NULL. */
void temp_drop(int dir_fd, char *temp, struct unfinished *unfinished);
/* Removes the files that killed processes have left in a directory under this prefix: those that
 * were made since this machine was started, on this mount, and that their maker no longer holds
 * locked. All others may belong to another machine, and stay. */
void temp_sweep(int dir_fd, const char *prefix);
/* Links an open file to name. Returns 0 or -errno: -ENOENT if there is no /proc and the kernel does
 * not allow it by descriptor. */
int temp_link(int fd, int dir_fd, const char *name);

#endif
