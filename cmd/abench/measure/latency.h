/* latency.h: the latencies that the runs of a pattern have reported. */
#ifndef CMD_ABENCH_MEASURE_LATENCY_H
#define CMD_ABENCH_MEASURE_LATENCY_H

#include "../../../core/load/load.h"
#include "../context.h"

struct bench_latency {
    struct histogram of[LOAD_KINDS]; /* in ns; without a count: not known */
};

/* Adds the latencies of the run that has just ended to those of the arm's other runs. */
void latency_keep(const struct bench *bench, struct bench_arm *arm, enum bench_cache cache);

#endif
