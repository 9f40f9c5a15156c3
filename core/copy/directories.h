/* directories.h: the directories of a copy. */
#ifndef CORE_COPY_DIRECTORIES_H
#define CORE_COPY_DIRECTORIES_H

#include "copy.h"

/* For walk_ops.enter: makes or finds the destination of a directory that the walk goes into. */
int tree_enter(struct feed *feed, struct dir *dir, const char *name, void *copy);
/* --parents: makes the directories of source->to_name below source->to, and puts the last of them
 * into copy->source_to. Returns 0; 1 where that failed, which has been reported; or -errno, to end
 * the producer. */
int tree_parents(struct copy *copy, struct feed *feed, const struct copy_source *source);

#endif
