/* scout.h: threads that look into the directories a walk will come to, so that it finds them
 * cached. */
#ifndef CORE_SCOUT_H
#define CORE_SCOUT_H

#include "file.h"

struct scouts;

/* NULL where threads or memory are short: a walk does without. */
struct scouts *scouts_new(void);
/* Asks for a look into the subdirectory name of dir, before those that were asked for earlier.
 * Takes its own reference. Drops the oldest wish when there are too many. */
void scouts_visit(struct scouts *scouts, struct dir *dir, const char *name);
/* Ends the threads, wishes or not. Takes NULL. */
void scouts_free(struct scouts *scouts);

#endif
