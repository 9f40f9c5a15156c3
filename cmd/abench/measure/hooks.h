/* hooks.h: the user's commands around the runs: --setup, --prepare and --cleanup. */
#ifndef CMD_ABENCH_MEASURE_HOOKS_H
#define CMD_ABENCH_MEASURE_HOOKS_H

#include "../context.h"

/* Run a command, if it was given, with the values of -L. Return 0, or -1 after a message if it
 * failed. */
int hooks_setup(struct bench *bench);
int hooks_prepare(const struct bench *bench, const struct bench_arm *arm);
int hooks_cleanup(struct bench *bench); /* once, and only after hooks_setup */

#endif
