/* names.h: the names in a directory, read at once: on a server one call tells thousands of them,
 * and the kernel does not remember that a name is missing. */
#ifndef CORE_COPY_NAMES_H
#define CORE_COPY_NAMES_H

#include <stdbool.h>

struct names;

/* Lists an open directory from its beginning. Returns NULL if it cannot be listed, if it has more
 * than 1 MiB of names, or if memory is short. */
struct names *names_list(int dir_fd);
/* Tells whether the name was there. */
bool names_have(const struct names *names, const char *name);
void names_free(struct names *names); /* takes NULL */

#endif
