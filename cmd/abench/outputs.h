/* outputs.h: the files that the reports go to. */
#ifndef CMD_ABENCH_OUTPUTS_H
#define CMD_ABENCH_OUTPUTS_H

#include "context.h"

/* Ends the program if two reports would be written to one file, or to standard output. */
void outputs_check(const struct bench_options *opts);
/* Ends the program with a message if one of them cannot be written. */
void outputs_try(const struct bench_options *opts);
/* Opens a report's file, which appears when it is complete. Returns NULL for standard output. */
struct cli_atomic *outputs_open(const char *path, FILE **out);

#endif
