/* arm.h: the commands that are compared. */
#ifndef CMD_ABENCH_MEASURE_ARM_H
#define CMD_ABENCH_MEASURE_ARM_H

#include "../context.h"

/* Sets the arms up from the options. Exits on a mistake in them. */
void arms_init(struct bench *bench);
/* The user's command with its braces filled in: malloc'd. */
char *arm_command(const struct bench *bench, const struct bench_arm *arm, const char *dest);
/* An arm that failed is not tried again. */
bool arm_runs(const struct bench_arm *arm);
void arms_free(struct bench *bench);

#endif
