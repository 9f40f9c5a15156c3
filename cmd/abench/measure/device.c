/* device.c: the counters of a block device in sysfs. */
#define _GNU_SOURCE
#include "device.h"

#include <stdio.h>
#include <sys/sysmacros.h>

void device_find(struct bench *bench, dev_t device)
{
    snprintf(bench->device_stat, sizeof(bench->device_stat), "/sys/dev/block/%u:%u/stat",
             major(device), minor(device));
}

/* Reads two of the fields of Documentation/block/stat.rst: requests, merges, sectors and
 * milliseconds of reads, the same of writes, requests in flight, milliseconds with any in flight,
 * and milliseconds summed over the requests. */
bool device_read(const struct bench *bench, struct device_counters *counters)
{
    FILE *file = fopen(bench->device_stat, "re");
    bool good = file && fscanf(file, "%*u %*u %*u %*u %*u %*u %*u %*u %*u %lf %lf",
                               &counters->busy_ms, &counters->queue_ms) == 2;

    if (file)
        fclose(file);
    return good;
}
