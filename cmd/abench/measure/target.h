/* target.h: the file that --write overwrites: one that abench makes itself, or a device. */
#ifndef CMD_ABENCH_MEASURE_TARGET_H
#define CMD_ABENCH_MEASURE_TARGET_H

#include "../context.h"

/* Chooses the path of the file, and takes it as the operand: given is a directory, a name that does
 * not exist, or a block device. Exits if it is something else. */
void target_choose(struct bench *bench, const char *given);
/* Makes the file, and writes all of it. Exits if that fails. Does nothing without --write. */
void target_make(struct bench *bench);
/* Waits until the bytes of earlier runs are on the device, so that no later run pays for them. */
void target_settle(const struct bench *bench);
/* Removes the file. */
void target_remove(struct bench *bench);

#endif
