/* device.h: the counters of a block device. */
#ifndef CMD_ABENCH_MEASURE_DEVICE_H
#define CMD_ABENCH_MEASURE_DEVICE_H

#include "../context.h"

struct device_counters {
    double busy_ms;  /* milliseconds with any request */
    double queue_ms; /* milliseconds summed over the requests */
};

/* Fills in bench->device_stat. */
void device_find(struct bench *bench, dev_t device);
/* Returns false if there are no counters. */
bool device_read(const struct bench *bench, struct device_counters *counters);

#endif
