/* device.c: the counters of a block device in sysfs. */
#define _GNU_SOURCE
#include "device.h"

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/sysmacros.h>

void device_find(struct bench *bench, dev_t device)
{
    snprintf(bench->device_stat, sizeof(bench->device_stat), "/sys/dev/block/%u:%u/stat",
             major(device), minor(device));
    limits_device(device, &bench->device_limits);
}

/* Reads four of the fields of Documentation/block/stat.rst: requests, merges, sectors and
 * milliseconds of reads, the same of writes, requests in flight, milliseconds with any in flight,
 * and milliseconds summed over the requests. */
bool device_read(const struct bench *bench, struct device_counters *counters)
{
    FILE *file = fopen(bench->device_stat, "re");
    bool good = file &&
                fscanf(file, "%lf %*u %*u %*u %lf %*u %*u %*u %*u %lf %lf", &counters->reads,
                       &counters->writes, &counters->busy_ms, &counters->queue_ms) == 4;

    if (file)
        fclose(file);
    return good;
}

double device_limit_used(const struct bench *bench, const struct bench_sample *sample, double reads,
                         double writes, double seconds)
{
    const struct limits_rates *limits = &bench->device_limits;
    const struct {
        double amount;
        uint64_t rate;
    } uses[] = {
        {(double)sample->device_read, limits->read_bytes},
        {(double)sample->device_write, limits->written_bytes},
        {reads, limits->reads},
        {writes, limits->writes},
    };
    double most = NAN;

    for (size_t i = 0; i < sizeof(uses) / sizeof(uses[0]); i++)
        if (uses[i].rate != UINT64_MAX)
            most = fmax(most, uses[i].amount / ((double)uses[i].rate * seconds));
    return most;
}
