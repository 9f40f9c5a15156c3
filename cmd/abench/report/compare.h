/* compare.h: --compare. */
#ifndef CMD_ABENCH_REPORT_COMPARE_H
#define CMD_ABENCH_REPORT_COMPARE_H

#include "machine.h"

/* Loads --compare's report; exits where it is none, or of another operation. */
void compare_load(struct bench *bench);
/* What became slower since: sets bench->compared and bench->regressed. */
void compare_run(struct bench *bench, const struct machine *machine);

#endif
