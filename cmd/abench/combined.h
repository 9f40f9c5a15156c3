/* combined.h: options that mean nothing beside each other. */
#ifndef CMD_ABENCH_COMBINED_H
#define CMD_ABENCH_COMBINED_H

#include "context.h"

/* Ends the program if one of the options of a measurement has no effect because of another one.
 * Sets the default of precision, whose option is given if it is not 0. */
void combined_check(struct bench_options *opts);

#endif
