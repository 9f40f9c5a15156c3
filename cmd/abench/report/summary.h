/* summary.h: the figures of an arm, made from its samples. */
#ifndef CMD_ABENCH_REPORT_SUMMARY_H
#define CMD_ABENCH_REPORT_SUMMARY_H

#include "../context.h"

/* Figures of one arm in one state of the cache, over its good runs. */
struct bench_summary {
    size_t runs; /* good ones */
    size_t failed;
    bool differs;                    /* one of the failed ones gave another result */
    bool unchecked;                  /* its results were not compared */
    double median, q1, q3, min, max; /* seconds */
    double durable;                  /* median of seconds to durable; copy */
    double mb_s, items_s;            /* items: see bench_items */
    size_t pairs;                    /* rounds in which both the arm and the baseline were good */
    double ratio, ratio_q1, ratio_q3, ratio_min, ratio_max; /* baseline's seconds / the arm's */
    double ratio_low, ratio_high; /* the interval of its median: stat_interval; NAN: too few */
    double cpu_seconds, user_seconds, system_seconds;
    double memory_peak, switches, device_read, device_write;
    double waiting_seconds, in_flight_mean, in_flight_peak; /* NAN: not known */
    double device_busy, device_queue;                       /* NAN: not known */
    double workers;                                         /* NAN: not known */
    bool reflinked;
};

/* Whether a run counts. */
bool summary_sample_good(const struct bench_sample *sample, enum bench_cache cache);
/* base's time / the arm's, of each round in which both are good. Returns how many: at most one for
 * each of the arm's runs. */
size_t summary_ratios(const struct bench_arm *base, const struct bench_arm *arm,
                      enum bench_cache cache, double *values);
struct bench_summary summary_of(const struct bench *bench, size_t arm, enum bench_cache cache);
/* Whether an arm is faster than another, as far as the rounds can tell. */
bool summary_faster(const struct bench *bench, size_t arm, size_t other, enum bench_cache cache);
/* Whether the rounds tell the arm from the baseline, and it is not only noise. */
bool summary_detectable(const struct bench_summary *summary);
/* Whether every arm's interval is as narrow as --precision asks for. */
bool summary_precise(const struct bench *bench, enum bench_cache cache);
/* The resident part of the data set before the runs, where it was furthest from the state wanted.
 * NAN: not known. */
double summary_resident(const struct bench *bench, enum bench_cache cache);

#endif
