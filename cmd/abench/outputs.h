/* outputs.h: the files that the reports go to. */
#ifndef CMD_ABENCH_OUTPUTS_H
#define CMD_ABENCH_OUTPUTS_H

#include "context.h"

/* Returns where a report goes: "-" is standard output, which /dev/stdout and no argument (NULL)
 * mean, too. */
const char *outputs_path(const char *argument);
/* Ends the program if two reports would be written to one file, or to standard output, or one to
 * the report of --compare. */
void outputs_check(const struct bench_options *opts);
/* Ends the program with a message if one of them cannot be written. */
void outputs_try(const struct bench_options *opts);
/* Waits until a FIFO has a reader, or a signal comes. Returns a descriptor of it, which must be
 * kept open until the report is opened, or -1. */
int outputs_wait(const char *path);
/* Opens a report's file, which appears when it is complete. Returns NULL for standard output. */
struct cli_atomic *outputs_open(const char *path, FILE **out);

#endif
