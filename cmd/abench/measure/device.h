/* device.h: the counters of a block device. */
#ifndef CMD_ABENCH_MEASURE_DEVICE_H
#define CMD_ABENCH_MEASURE_DEVICE_H

#include "../context.h"

struct device_counters {
    double busy_ms;  /* with anything at it */
    double queue_ms; /* summed over its requests */
};

/* Where they are in sysfs: fills in bench->device_stat. device: as mountinfo names it. */
void device_find(struct bench *bench, const char *device);
/* Returns false where there are none. */
bool device_read(const struct bench *bench, struct device_counters *counters);

#endif
