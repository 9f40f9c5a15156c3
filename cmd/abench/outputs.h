/* outputs.h: the files that the reports go to. */
#ifndef CMD_ABENCH_OUTPUTS_H
#define CMD_ABENCH_OUTPUTS_H

#include "context.h"

/* Ends the program if two reports would be written to one file, or to standard output. */
void outputs_check(const struct bench_options *opts);

#endif
