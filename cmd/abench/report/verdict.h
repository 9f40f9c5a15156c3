/* verdict.h: what the figures mean. */
#ifndef CMD_ABENCH_REPORT_VERDICT_H
#define CMD_ABENCH_REPORT_VERDICT_H

#include "machine.h"

/* What keeps the blocking path from being faster. */
enum bench_bound { BOUND_UNKNOWN, BOUND_LATENCY, BOUND_DEVICE, BOUND_CACHE, BOUND_CPU };

/* What the figures of one state of the cache say. */
struct bench_verdict {
    enum bench_bound bound; /* of the baseline */
    size_t arm;             /* index: the one that is explained beside it */
    bool gain;              /* it is faster than the baseline, by enough to explain */
};
/* Returns false where nothing was measured. */
bool bench_judge(const struct bench *bench, enum bench_cache cache, struct bench_verdict *verdict);
const char *bound_name(enum bench_bound bound);
/* The predicted gain's part above or below the measured one; NAN where one of them is missing. */
double prediction_error(const struct bench *bench, enum bench_cache cache);
/* One line each: malloc'd, NULL where there is nothing to say. */
char *why_line(const struct bench *bench, const struct machine *machine, enum bench_cache cache);
char *evidence_line(const struct bench *bench, size_t arm, enum bench_cache cache);
char *prediction_line(const struct bench *bench, enum bench_cache cache);
char *use_line(const struct bench *bench, const struct machine *machine, enum bench_cache cache);

#endif
