/* copies.h: where copies go. */
#ifndef CMD_ABENCH_MEASURE_COPIES_H
#define CMD_ABENCH_MEASURE_COPIES_H

#include "../context.h"

/* Makes the directory of the copies; checks the space. Exits with a message where it cannot. */
void copies_init(struct bench *bench);
/* A destination that does not exist yet (with several operands: an empty directory), after making
 * room for it. Returns 0 or -errno. */
int copies_next(struct bench *bench, char path[PATH_MAX]);
/* Whether so many copies can be kept at once. */
bool copies_have_room(const struct bench *bench, uint64_t copies);
/* Waits until all that was written to the copies' filesystem is on the device. */
int copies_sync(const struct bench *bench);
void copies_remove(struct bench *bench);

#endif
