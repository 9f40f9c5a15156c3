/* device.c: the counters of a block device in sysfs. */
#define _GNU_SOURCE
#include "device.h"

#include <stdio.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

void device_find(struct bench *bench, const char *device)
{
    struct stat st;

    bench->device_stat[0] = '\0';
    if (device[0] == '/' && stat(device, &st) == 0 && S_ISBLK(st.st_mode))
        snprintf(bench->device_stat, sizeof(bench->device_stat), "/sys/dev/block/%u:%u/stat",
                 major(st.st_rdev), minor(st.st_rdev));
}

/* Reads two of the fields of Documentation/block/stat.rst: requests, merges, sectors and
 * milliseconds of reads, the same of writes, requests in flight, milliseconds with any in flight,
 * and milliseconds summed over the requests. */
bool device_read(const struct bench *bench, struct device_counters *counters)
{
    FILE *file = bench->device_stat[0] ? fopen(bench->device_stat, "re") : NULL;
    bool good = file && fscanf(file, "%*u %*u %*u %*u %*u %*u %*u %*u %*u %lf %lf",
                               &counters->busy_ms, &counters->queue_ms) == 2;

    if (file)
        fclose(file);
    return good;
}
