/* probe.h: the gain that a short probe predicts. */
#ifndef CMD_ABENCH_MEASURE_PROBE_H
#define CMD_ABENCH_MEASURE_PROBE_H

#include "../context.h"

/* Runs two of the arms on parts of the data and fills in bench->predictions[cache]. */
void probe_predict(struct bench *bench, enum bench_cache cache);

#endif
