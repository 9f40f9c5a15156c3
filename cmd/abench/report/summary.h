/* summary.h: the figures of an arm, made from its samples. */
#ifndef CMD_ABENCH_REPORT_SUMMARY_H
#define CMD_ABENCH_REPORT_SUMMARY_H

#include "../../cli/latency.h"
#include "../context.h"
#include "../measure/latency.h"

/* --pattern: the reads, writes or fsyncs of an arm; NAN: there are none. */
struct bench_kind {
    double items_s;
    double latency_ns[CLI_PERCENTILES];
};

/* The figures of one arm in one state of the cache, over its good runs. */
struct bench_summary {
    size_t runs; /* number of good runs */
    size_t failed;
    bool stopped;                    /* one of them took longer than the time limit */
    bool differs;                    /* one of the failed runs gave a different result */
    bool unchecked;                  /* results were not compared */
    double median, q1, q3, min, max; /* seconds */
    double durable;                  /* copy: median of the seconds until it is on the device */
    double mb_s, items_s;            /* items as in bench_items */
    size_t pairs; /* number of rounds in which the arm and the baseline were good */
    double ratio, ratio_q1, ratio_q3, ratio_min, ratio_max; /* baseline's seconds / the arm's */
    double ratio_low, ratio_high; /* stat_interval of the median; NAN: too few rounds */
    bool contrary; /* the ratio and the medians of the seconds favour different arms */
    double cpu_seconds, user_seconds, system_seconds;
    double memory_peak, switches, device_read, device_write;
    double waiting_seconds, runqueue_seconds; /* of the workers; NAN: not known */
    double in_flight_mean, in_flight_peak;    /* NAN: not known */
    /* parts of the time, which add up to 1: computing, waiting, and ready while no processor was
     * free. If the arm does not report its waiting, that is what is left of the time. */
    double computing_share, waiting_share, queued_share;
    double device_busy, device_queue; /* NAN: not known */
    double device_limit;              /* NAN: there is none */
    double workers;                   /* NAN: not known */
    struct bench_kind kinds[LOAD_KINDS];
    double latency_ns[CLI_PERCENTILES]; /* of reads, else of writes; NAN: not known */
    bool reflinked;
};

/* Returns true if a run counts in this state. */
bool summary_sample_good(const struct bench_sample *sample, enum bench_cache cache);
/* Computes base's time / the arm's for each round in which both are good. Returns their number, at
 * most BENCH_ROUNDS_MAX. */
size_t summary_ratios(const struct bench_arm *base, const struct bench_arm *arm,
                      enum bench_cache cache, double *values);
struct bench_summary summary_of(const struct bench *bench, size_t arm, enum bench_cache cache);
/* Returns the word for an arm without a good run. */
const char *summary_missing(const struct bench_summary *summary);
/* The time that an arm would take for the whole of which a sample was measured, with its limits;
 * NAN: no sample, or no runs. */
struct bench_whole {
    double seconds, low, high;
};
struct bench_whole summary_whole(const struct bench *bench, size_t arm, enum bench_cache cache);
/* How many times as fast an arm is as another one: the median of the rounds, and its interval. */
struct bench_ratio {
    size_t pairs;            /* rounds in which both were good */
    double ratio, low, high; /* low, high: NAN: too few rounds; ratio: NAN: none */
    /* by more than chance, and by enough to matter, and the medians of the seconds agree */
    bool faster, slower;
    bool contrary; /* they do not */
};
struct bench_ratio summary_compare(const struct bench *bench, size_t arm, size_t other,
                                   enum bench_cache cache);
/* Returns true if an arm is faster than another, as far as the rounds tell. */
bool summary_faster(const struct bench *bench, size_t arm, size_t other, enum bench_cache cache);
/* Returns true if the arm differs from the baseline by more than noise. */
bool summary_detectable(const struct bench_summary *summary);
/* Returns true if every arm's interval is as narrow as --precision requires. */
bool summary_precise(const struct bench *bench, enum bench_cache cache);
/* The parts of the processors' time during the runs that other processes used and that the host
 * took for its other guests; NAN: unknown. */
struct bench_disturbance {
    double others, stolen;
    bool much; /* too much to conclude anything */
};
struct bench_disturbance summary_disturbance(const struct bench *bench, enum bench_cache cache);
/* Returns true if any arm has a run that counts. */
bool summary_any(const struct bench *bench, enum bench_cache cache);
/* Returns the resident part of the data before the run in which it was furthest from the state;
 * NAN: unknown. */
double summary_resident(const struct bench *bench, enum bench_cache cache);

#endif
