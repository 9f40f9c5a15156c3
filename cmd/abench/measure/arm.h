/* arm.h: the commands that are compared. */
#ifndef CMD_ABENCH_MEASURE_ARM_H
#define CMD_ABENCH_MEASURE_ARM_H

#include "../context.h"

/* Adds the arms that run our own commands. Exits with a message if the options are wrong. */
void arms_add_built_in(struct bench *bench);
/* Adds an arm without a command. Exits with a message if there is one of that name, or no room. */
struct bench_arm *arm_add(struct bench *bench, const char *name);
/* Makes a built-in arm read the names in the list, and not the operands. */
void arm_use_list(const struct bench *bench, struct bench_arm *arm);
/* Replaces the destination in the command of a built-in arm that copies. */
void arm_set_dest(struct bench_arm *arm, const char *dest);
/* Returns false for an arm that has failed or differed: it is not run again. */
bool arm_runs(const struct bench_arm *arm);
void arms_free(struct bench *bench);

#endif
