/* parents.h: the directories of an operand's own path, for --parents. */
#ifndef CORE_COPY_PARENTS_H
#define CORE_COPY_PARENTS_H

#include "copy.h"

/* --parents: makes the directories of source->to_name below source->to, and puts the last of them
 * into copy->source_to. Returns 0; 1 if that failed, which has been reported; or -errno, to end
 * the producer. */
int parents_make(struct copy *copy, struct feed *feed, const struct copy_source *source);

#endif
