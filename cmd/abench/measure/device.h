/* device.h: the counters of a block device. */
#ifndef CMD_ABENCH_MEASURE_DEVICE_H
#define CMD_ABENCH_MEASURE_DEVICE_H

#include "../context.h"

struct device_counters {
    double busy_ms;       /* milliseconds with any request */
    double queue_ms;      /* milliseconds summed over the requests */
    double reads, writes; /* requests that have ended */
};

/* Fills in bench->device_stat and bench->device_limits. */
void device_find(struct bench *bench, dev_t device);
/* Returns false if there are no counters. */
bool device_read(const struct bench *bench, struct device_counters *counters);
/* Returns the largest part that a run makes use of, of what the cgroups let it do on the device:
 * requests are those of the device meanwhile. NAN: they let it do all. */
double device_limit_used(const struct bench *bench, const struct bench_sample *sample, double reads,
                         double writes, double seconds);

#endif
