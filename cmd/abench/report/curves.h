/* curves.h: the curves of a sweep: its arms along the first dimension, one curve for each
 * combination of the other values. */
#ifndef CMD_ABENCH_REPORT_CURVES_H
#define CMD_ABENCH_REPORT_CURVES_H

#include "../context.h"

/* Returns the value of a swept arm in the first dimension, as a number. */
double curves_x(const struct bench *bench, const struct bench_arm *arm);
/* Returns true if two swept arms are on one curve. */
bool curves_same(const struct bench *bench, const struct bench_arm *a, const struct bench_arm *b);
/* Writes the title of a swept arm's curve. */
void curves_title(char *title, size_t size, const struct bench *bench, const struct bench_arm *arm);

#endif
