/* path.h: the parts of a path, by its text alone. */
#ifndef CORE_BASE_PATH_H
#define CORE_BASE_PATH_H

#include <stddef.h>

/* Returns the length of the directory part with its slash; 0 if there is none. */
size_t path_dir_length(const char *path);
/* Returns the part behind the last slash: "" if the path ends in one. */
const char *path_last(const char *path);
/* Returns the directory part without the slashes at its end ("/" keeps one), or "." if there is
 * none: malloc'd; NULL if memory is short. */
char *path_dir(const char *path);
/* Cuts the last part off, in place: path becomes its directory part without the slashes at its end.
 * Returns that part: "/" for an entry of the root directory, which is not in path, and "." if there
 * is none. *last, if not NULL, is the part behind the last slash, in path. */
const char *path_split(char *path, char **last);

#endif
