/* loads.h: the tables of --pattern: rates, latencies and CPU time of reads, writes and fsyncs. */
#ifndef CMD_ABENCH_REPORT_LOADS_H
#define CMD_ABENCH_REPORT_LOADS_H

#include "../context.h"

#include <stdio.h>

/* Prints a line for each arm. With --write it has two or three percentiles of each kind of request.
 * width: of an arm's label. */
void loads_print(FILE *out, const struct bench *bench, enum bench_cache cache, int width);
/* Prints a line with all percentiles for each kind of request of each arm. */
void loads_print_kinds(FILE *out, const struct bench *bench, enum bench_cache cache, int width);

#endif
