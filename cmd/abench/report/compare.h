/* compare.h: --compare. */
#ifndef CMD_ABENCH_REPORT_COMPARE_H
#define CMD_ABENCH_REPORT_COMPARE_H

#include "machine.h"

#include <stdio.h>

/* Loads the report of --compare. Exits with a message if it is not one of this operation. */
void compare_load(struct bench *bench);
/* Exits with a message if the older report is about other files. */
void compare_check(const struct bench *bench);
/* Compares the arms with the older report. Sets bench->compared and bench->regressed. */
void compare_run(struct bench *bench, const struct machine *machine);
/* Prints the comparison, a line an arm. May be called once. */
void compare_print(FILE *out, const struct bench *bench);

#endif
