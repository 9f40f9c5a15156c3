/* scout.h: threads that look into the directories a walk will come to, so that it finds them
 * cached. */
#ifndef CORE_SCOUT_H
#define CORE_SCOUT_H

#include "file.h"

struct scouts;

/* They keep away while half of dirs_max directories are open.
 * NULL where threads or memory are short: a walk does without. */
struct scouts *scouts_new(unsigned dirs_max);
/* Asks for a look into the subdirectory name of dir, before those that were asked for earlier.
 * Takes its own reference. Drops the oldest wish when there are too many. */
void scouts_visit(struct scouts *scouts, struct dir *dir, const char *name);
/* Drops all wishes, and with them the directories that they keep open. */
void scouts_forget(struct scouts *scouts);
/* Ends the threads, wishes or not. Takes NULL. */
void scouts_free(struct scouts *scouts);

#endif
