/* knee.h: the point of a sweep above which larger values gain little. */
#ifndef CMD_ABENCH_REPORT_KNEE_H
#define CMD_ABENCH_REPORT_KNEE_H

#include "../context.h"

/* Returns the knee and fills in the fastest point. Both are indices of arms, -1 if nothing was
 * measured. */
int knee_find(const struct bench *bench, enum bench_cache cache, int *best);
/* Returns a line of text that the caller frees, or NULL if there is no knee. */
char *knee_line(const struct bench *bench, enum bench_cache cache);

#endif
