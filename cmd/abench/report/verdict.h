/* verdict.h: the line "Why" of the report: what limits blocking calls, and the evidence for it. */
#ifndef CMD_ABENCH_REPORT_VERDICT_H
#define CMD_ABENCH_REPORT_VERDICT_H

#include "machine.h"

/* The limit of the blocking path's speed. */
enum bottleneck {
    BOTTLENECK_UNKNOWN,
    BOTTLENECK_LATENCY,
    BOTTLENECK_DEVICE,
    BOTTLENECK_CACHE,
    BOTTLENECK_CPU
};

/* The meaning of the figures of one state of the cache. */
struct verdict {
    enum bottleneck bottleneck; /* bottleneck of the baseline */
    size_t arm;                 /* index of the arm that is explained beside it */
    bool gain;                  /* the arm is faster than the baseline, by enough to explain */
};
/* Fills in the verdict. Returns false if nothing was measured. */
bool verdict_reach(const struct bench *bench, enum bench_cache cache, struct verdict *verdict);
const char *bottleneck_name(enum bottleneck bottleneck);
/* Returns the error of the predicted gain, as a part of the measured one; NAN if one is missing. */
double verdict_prediction_error(const struct bench *bench, enum bench_cache cache);
/* Return a line of text each, which the caller frees, or NULL if there is none. */
char *verdict_line(const struct bench *bench, const struct machine *machine,
                   enum bench_cache cache);
char *verdict_evidence_line(const struct bench *bench, size_t arm, enum bench_cache cache);
char *verdict_prediction_line(const struct bench *bench, enum bench_cache cache);

#endif
