/* verdict.h: what the figures mean. */
#ifndef CMD_ABENCH_REPORT_VERDICT_H
#define CMD_ABENCH_REPORT_VERDICT_H

#include "machine.h"

/* What keeps the blocking path from being faster. */
enum bottleneck {
    BOTTLENECK_UNKNOWN,
    BOTTLENECK_LATENCY,
    BOTTLENECK_DEVICE,
    BOTTLENECK_CACHE,
    BOTTLENECK_CPU
};

/* What the figures of one state of the cache say. */
struct verdict {
    enum bottleneck bottleneck; /* of the baseline */
    size_t arm;                 /* index: the one that is explained beside it */
    bool gain;                  /* it is faster than the baseline, by enough to explain */
};
/* Returns false where nothing was measured. */
bool verdict_reach(const struct bench *bench, enum bench_cache cache, struct verdict *verdict);
const char *bottleneck_name(enum bottleneck bottleneck);
/* The predicted gain's part above or below the measured one; NAN where one of them is missing. */
double verdict_prediction_error(const struct bench *bench, enum bench_cache cache);
/* One line each: malloc'd, NULL where there is nothing to say. */
char *verdict_line(const struct bench *bench, const struct machine *machine,
                   enum bench_cache cache);
char *verdict_evidence_line(const struct bench *bench, size_t arm, enum bench_cache cache);
char *verdict_prediction_line(const struct bench *bench, enum bench_cache cache);
char *verdict_use_line(const struct bench *bench, const struct machine *machine,
                       enum bench_cache cache);

#endif
