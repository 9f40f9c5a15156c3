/* rounds.h: the rounds of all arms. */
#ifndef CMD_ABENCH_ROUNDS_H
#define CMD_ABENCH_ROUNDS_H

#include "context.h"

/* Runs rounds until the intervals are narrow, all rounds are done, a signal comes, or the next
 * round would end after end, in seconds since the start. */
void rounds_run(struct bench *bench, enum bench_cache cache, double end);
void rounds_free(void);

#endif
