/* latency.c: percentiles and histograms of latencies in JSON. aioutils-json(5) describes them. */
#define _GNU_SOURCE
#include "latency.h"

const double cli_percents[] = {50, 90, 99, 99.9};
const char *const cli_percent_names[] = {"p50", "p90", "p99", "p99.9"};
const char *const cli_percent_keys[] = {"p50", "p90", "p99", "p99_9"};

void cli_put_percentiles(struct json_writer *json, const struct histogram *latency)
{
    for (unsigned i = 0; i < CLI_PERCENTILES; i++)
        json_put_count(json, cli_percent_keys[i], histogram_percentile(latency, cli_percents[i]));
}

void cli_put_histogram(struct json_writer *json, const char *key, const struct histogram *latency)
{
    uint64_t most, count;

    if (!latency || latency->count == 0) {
        json_put_null(json, key);
        return;
    }
    json_put_object(json, key);
    json_put_array(json, "at_most_ns");
    for (unsigned bucket = 0; histogram_next(latency, &bucket, &most, &count);)
        json_put_count(json, NULL, most);
    json_end(json);
    json_put_array(json, "counts");
    for (unsigned bucket = 0; histogram_next(latency, &bucket, &most, &count);)
        json_put_count(json, NULL, count);
    json_end(json);
    json_end(json);
}
