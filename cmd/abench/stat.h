/* stat.h: statistics that know nothing of benches. */
#ifndef CMD_ABENCH_STAT_H
#define CMD_ABENCH_STAT_H

#include <stdbool.h>
#include <stddef.h>

enum {
    /* an interval of fewer values would promise more than it can keep */
    STAT_INTERVAL_MIN = 5,
};

/* Sorts values. q from 0 to 1; between two values it interpolates. NAN when there are none. */
double stat_quantile(double *values, size_t n, double q);
/* What a whole takes, from two parts of it: where the line through them leads. Where the larger one
 * is not larger, or did not take longer, only it counts, in proportion. */
double stat_line(double part, double seconds, double larger, double larger_seconds, double whole);
/* Sorts values. The bootstrap's percentile interval of their median. Returns false, with NAN in
 * both, where there are fewer than STAT_INTERVAL_MIN. */
bool stat_interval(double *values, size_t n, double *low, double *high);
/* Sorts both. The bootstrap's percentile interval of median(a) / median(b), from independent
 * samples. Returns false, with NAN, where either has fewer than STAT_INTERVAL_MIN. */
bool stat_ratio_interval(double *a, size_t n_a, double *b, size_t n_b, double *low, double *high);

#endif
