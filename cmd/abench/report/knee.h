/* knee.h: from where on more of the values of a sweep gains little. */
#ifndef CMD_ABENCH_REPORT_KNEE_H
#define CMD_ABENCH_REPORT_KNEE_H

#include "../context.h"

/* The point of the sweep from which on more gains little, and the fastest one: indices of arms, -1
 * where nothing was measured. */
int knee_find(const struct bench *bench, enum bench_cache cache, int *best);
/* A line of text: malloc'd, NULL where there is nothing to say. */
char *knee_line(const struct bench *bench, enum bench_cache cache);

#endif
