/* cache.h: the state of the page cache before a run. */
#ifndef CMD_ABENCH_MEASURE_CACHE_H
#define CMD_ABENCH_MEASURE_CACHE_H

#include "../context.h"

/* Brings the files into the state of the cache and measures the resident part, 0 to 1; NAN if
 * unknown. Returns 0 or -errno. */
int cache_prepare(struct bench *bench, enum bench_cache cache, double *resident);

#endif
