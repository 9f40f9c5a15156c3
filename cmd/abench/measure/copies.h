/* copies.h: the destinations of copies. */
#ifndef CMD_ABENCH_MEASURE_COPIES_H
#define CMD_ABENCH_MEASURE_COPIES_H

#include "../context.h"

/* Creates the directory of the copies and checks the space. Exits with a message if it cannot. */
void copies_init(struct bench *bench);
/* Chooses a destination that does not exist yet (with several operands: an empty directory), and
 * makes space for it. Returns 0 or -errno. */
int copies_next(struct bench *bench, char path[PATH_MAX]);
/* Returns true if this number of copies can be kept at once. */
bool copies_have_room(const struct bench *bench, uint64_t copies);
/* Returns true if a copy of a probe leaves enough free space for one of a run. */
bool copies_have_spare(const struct bench *bench);
/* Syncs the filesystem of the copies. Returns 0 or -errno. */
int copies_sync(const struct bench *bench);
int copies_remove(struct bench *bench);

#endif
