/* latency.c: the latencies that the runs of a pattern have reported: one histogram for all runs of
 * an arm. */
#define _GNU_SOURCE
#include "latency.h"
#include "run.h"
#include "../../../core/load/histogram.h"

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
    const json_t *printed = json_object_get(load, "latency_histogram");

    if (json_is_object(printed)) {
        if (!arm->latency[cache])
            arm->latency[cache] = bench_need(calloc(1, sizeof(*arm->latency[cache])));
        add(arm->latency[cache], printed);
    }
    json_decref(load);
}
