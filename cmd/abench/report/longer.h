/* longer.h: what to ask for if the rounds do not suffice for an answer. */
#ifndef CMD_ABENCH_REPORT_LONGER_H
#define CMD_ABENCH_REPORT_LONGER_H

#include "summary.h"

/* Returns a static text: the option with a number that is likely to suffice. of: the ratio whose
 * interval is too wide; NULL: there are too few rounds for an interval. */
const char *longer_advice(const struct bench *bench, enum bench_cache cache,
                          const struct bench_ratio *of);

#endif
