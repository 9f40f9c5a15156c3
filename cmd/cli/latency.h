/* latency.h: percentiles and histograms of latencies in JSON. */
#ifndef CMD_CLI_LATENCY_H
#define CMD_CLI_LATENCY_H

#include "../../core/load/histogram.h"
#include "json.h"

enum cli_percentile { CLI_P50, CLI_P90, CLI_P99, CLI_P99_9, CLI_PERCENTILES };

extern const double cli_percents[CLI_PERCENTILES];
extern const char *const cli_percent_names[CLI_PERCENTILES]; /* for people */
extern const char *const cli_percent_keys[CLI_PERCENTILES];  /* in JSON */

/* Adds the percentiles to the object that is open. */
void cli_put_percentiles(struct json_writer *json, const struct histogram *latency);
/* Adds how often each latency occurred, or null if there is none, or latency is NULL. */
void cli_put_histogram(struct json_writer *json, const char *key, const struct histogram *latency);

#endif
