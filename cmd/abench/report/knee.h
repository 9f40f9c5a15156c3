/* knee.h: the point of a sweep above which larger values gain little. */
#ifndef CMD_ABENCH_REPORT_KNEE_H
#define CMD_ABENCH_REPORT_KNEE_H

#include "../context.h"

/* Return the number of knees: one, or with a pattern one for each block size of the sweep; and the
 * number, from 0, of the group to which a swept arm belongs. */
size_t knee_groups(const struct bench *bench);
size_t knee_group(const struct bench *bench, const struct bench_arm *arm);
/* Returns the knee of a group and fills in its fastest point. Both are indices of arms, -1 if
 * nothing was measured. */
int knee_find(const struct bench *bench, enum bench_cache cache, size_t group, int *best);
/* Returns a line of text that the caller frees, or NULL if there is no knee. */
char *knee_line(const struct bench *bench, enum bench_cache cache);

#endif
