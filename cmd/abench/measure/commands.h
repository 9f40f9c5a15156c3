/* commands.h: the arms, with those of --arm and --bound. */
#ifndef CMD_ABENCH_MEASURE_COMMANDS_H
#define CMD_ABENCH_MEASURE_COMMANDS_H

#include "../context.h"

/* Sets up the arms from the options. Exits with a message if these are wrong. */
void arms_init(struct bench *bench);
/* Returns the command of such an arm with its braces filled in, which the caller frees. */
char *commands_fill(const struct bench *bench, const struct bench_arm *arm, const char *dest);

#endif
