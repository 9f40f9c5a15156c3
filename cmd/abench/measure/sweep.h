/* sweep.h: the values of --sweep. */
#ifndef CMD_ABENCH_MEASURE_SWEEP_H
#define CMD_ABENCH_MEASURE_SWEEP_H

#include "../context.h"

/* Exits with a message if the text is wrong. */
void sweep_parse(struct bench_sweep *sweep, const char *text);
void sweep_free(struct bench_sweep *sweep);

#endif
