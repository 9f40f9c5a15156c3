/* plan.h: a walk that makes the directories of a copy, and lists its other files in parts for
 * several runs, instead of copying them. */
#ifndef CORE_COPY_PLAN_H
#define CORE_COPY_PLAN_H

#include "copy.h"

/* For copy_produce, with copy->plan: an entry of the walk that is no directory. A file that the
 * options leave as it is is not listed. Returns 0 or -errno, which ends the walk. */
int plan_entry(struct copy *copy, struct feed *feed, struct dir *dir, const char *name);

#endif
