/* cache.h: the state of the page cache before a run. */
#ifndef CMD_ABENCH_MEASURE_CACHE_H
#define CMD_ABENCH_MEASURE_CACHE_H

#include "../context.h"

/* Brings the data set into the state and measures what is resident: a part of 1, or NAN. */
int cache_prepare(struct bench *bench, enum bench_cache cache, double *resident);
/* Takes one file's clean pages out of the cache. Returns whether it shares blocks with another one,
 * as the filesystem tells (FIEMAP). */
bool bench_cache_let_go(const char *path);

#endif
