/* stat.h: quantiles and confidence intervals. */
#ifndef CMD_ABENCH_STAT_H
#define CMD_ABENCH_STAT_H

#include <stdbool.h>
#include <stddef.h>

enum {
    /* fewer values cannot give an interval with the promised probability */
    STAT_INTERVAL_MIN = 5,
};

/* Returns the quantile q (0 to 1) of the values, which it sorts. Interpolates between two values.
 * NAN if there are none. */
double stat_quantile(double *values, size_t n, double q);
/* Returns the seconds for the whole, on the line through two parts. If the larger part is not
 * larger or did not take longer, only that part counts, in proportion. */
double stat_line(double part, double seconds, double larger, double larger_seconds, double whole);
/* Computes the bootstrap's percentile interval of the median of the values, which it sorts. Returns
 * false, with NAN in both ends, if there are fewer than STAT_INTERVAL_MIN. */
bool stat_interval(double *values, size_t n, double *low, double *high);
/* Returns the probability, in percent, that such an interval of n values holds the true median. */
unsigned stat_interval_percent(size_t n);
/* Computes the bootstrap's percentile interval of median(a) / median(b), from independent samples,
 * and sorts both. Returns false, with NAN, if either has fewer than STAT_INTERVAL_MIN. */
bool stat_ratio_interval(double *a, size_t n_a, double *b, size_t n_b, double *low, double *high);

#endif
