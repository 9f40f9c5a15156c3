/* arm.h: the commands that are compared. */
#ifndef CMD_ABENCH_MEASURE_ARM_H
#define CMD_ABENCH_MEASURE_ARM_H

#include "../context.h"

/* Sets up the arms from the options. Exits with a message if these are wrong. */
void arms_init(struct bench *bench);
/* Returns the user's command with its braces filled in, which the caller frees. */
char *arm_command(const struct bench *bench, const struct bench_arm *arm, const char *dest);
/* Makes a built-in arm read the names in the list, and not the operands. */
void arm_use_list(const struct bench *bench, struct bench_arm *arm);
/* Replaces the destination in the command of a built-in arm that copies. */
void arm_set_dest(struct bench_arm *arm, const char *dest);
/* Returns false for an arm that has failed or differed: it is not run again. */
bool arm_runs(const struct bench_arm *arm);
void arms_free(struct bench *bench);

#endif
