/* latency.c: the latencies that the runs of a pattern have reported: one histogram for all runs of
 * an arm. */
#define _GNU_SOURCE
#include "latency.h"
#include "run.h"

#include <jansson.h>
#include <stdlib.h>

/* Adds a histogram as acat prints it. */
static void add(struct histogram *sum, const json_t *printed)
{
    const json_t *mosts = json_object_get(printed, "at_most_ns");
    const json_t *counts = json_object_get(printed, "counts");

    for (size_t i = 0; i < json_array_size(mosts) && i < json_array_size(counts); i++) {
        json_int_t most = json_integer_value(json_array_get(mosts, i));
        json_int_t count = json_integer_value(json_array_get(counts, i));
        if (most >= 0 && count > 0)
            histogram_record_count(sum, (uint64_t)most, (uint64_t)count);
    }
}

void latency_keep(const struct bench *bench, struct bench_arm *arm, enum bench_cache cache)
{
    json_t *load = run_last_object(bench_temp(bench, "out"));
    static const char *const keys[] = {[LOAD_READ] = "latency_histogram",
                                       [LOAD_WRITE] = "write_latency_histogram",
                                       [LOAD_FSYNC] = "fsync_latency_histogram"};

    if (load && !arm->latency[cache])
        arm->latency[cache] = bench_need(calloc(1, sizeof(*arm->latency[cache])));
    for (unsigned i = 0; load && i < LOAD_KINDS; i++)
        add(&arm->latency[cache]->of[i], json_object_get(load, keys[i]));
    json_decref(load);
}
