/* stats.c: what --stats prints. See cli.h. */
#define _GNU_SOURCE
#include "cli.h"

#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <string.h>

static double seconds_of(uint64_t ns)
{
    return (double)ns / 1e9;
}

/* A worker's time, split: the four add up to it, as far as the clocks agree. */
struct split {
    double waiting, queued, hashing, rest;
};

static struct split split_of(const struct stats *stats)
{
    uint64_t waiting_ns = stats_waiting_ns(stats);
    uint64_t queued_ns = stats->queued_ns < waiting_ns ? stats->queued_ns : waiting_ns;
    uint64_t digest_ns = stats_digest_ns(stats);

    return (struct split){
        .waiting = seconds_of(waiting_ns - queued_ns),
        .queued = seconds_of(queued_ns),
        .hashing = seconds_of(digest_ns),
        .rest = seconds_of(stats->user_ns + stats->system_ns - digest_ns),
    };
}

static void print_worker(const char *who, const struct stats *worker)
{
    struct split split = split_of(worker);

    fprintf(stderr,
            "%-10s waiting %.3f s, hashing %.3f s, the rest %.3f s; no processor free %.3f s\n",
            who, split.waiting, split.hashing, split.rest, split.queued);
}

static void print_workers(const struct stats *stats)
{
    char who[32];

    if (stats->workers < 2)
        return;
    for (unsigned i = 0; i < stats->workers && i < stats->each_len; i++) {
        snprintf(who, sizeof(who), "worker %u", i + 1);
        print_worker(who, &stats->each[i]);
    }
}

static void print_text(const struct engine *engine, const char *why, const struct stats *stats,
                       double seconds, double in_flight_mean,
                       const struct cli_bottleneck *bottleneck)
{
    fprintf(stderr, "engine     %s, %u %s%s%s%s%s\n", engine->name, stats->workers,
            stats->workers == 1 ? "worker" : "workers",
            stats->threads > 0 ? ", digests on threads of their own" : "",
            why ? " (not uring: " : "", why ? why : "", why ? ")" : "");
    fprintf(stderr, "files      %" PRIu64 ", failed %" PRIu64 "\n", stats->files, stats->failed);
    fprintf(stderr, "read       %" PRIu64 " bytes in %.3f s, %.1f MB/s\n", stats->bytes_read,
            seconds, seconds > 0 ? (double)stats->bytes_read / 1e6 / seconds : 0);
    if (stats->bytes_wrote > 0)
        fprintf(stderr, "written    %" PRIu64 " bytes\n", stats->bytes_wrote);
    fprintf(stderr,
            "of which   %" PRIu64 " bytes past the page cache, %" PRIu64
            " files in it, without the ring\n",
            stats->direct_bytes, stats->resident_files);
    print_worker("workers", stats);
    print_workers(stats);
    fprintf(stderr, "of these   user %.3f s, system %.3f s; waiting for names %.3f s\n",
            seconds_of(stats->user_ns), seconds_of(stats->system_ns), seconds_of(stats->feed_ns));
    fprintf(stderr, "process    CPU %.3f s, peak memory %.1f MiB, voluntary switches %" PRIu64 "\n",
            seconds_of(stats->process_ns), (double)stats->memory_peak / 1048576, stats->switches);
    fprintf(stderr, "in flight  mean %.1f, peak %u; %" PRIu64 " requests in %" PRIu64 " enters\n",
            in_flight_mean, stats->in_flight_peak, stats->requests, stats->enters);
    fprintf(stderr, "bound      %s\n", bottleneck->text);
}

static json_t *workers_json(const struct stats *stats)
{
    json_t *workers = json_array();

    for (unsigned i = 0; i < stats->workers && i < stats->each_len; i++) {
        const struct stats *worker = &stats->each[i];
        struct split split = split_of(worker);
        json_t *json = json_object();
        json_object_set_new(json, "waiting_s", json_real(split.waiting));
        json_object_set_new(json, "hashing_s", json_real(split.hashing));
        json_object_set_new(json, "rest_s", json_real(split.rest));
        json_object_set_new(json, "no_processor_s", json_real(split.queued));
        json_object_set_new(json, "files", json_integer((json_int_t)worker->files));
        json_array_append_new(workers, json);
    }
    return workers;
}

static void print_json(const struct engine *engine, const char *why, const struct stats *stats,
                       double seconds, double in_flight_mean,
                       const struct cli_bottleneck *bottleneck)
{
    struct split split = split_of(stats);
    json_t *json = json_object();
    char *text = NULL;

#define SET_INTEGER(key, value) json_object_set_new(json, key, json_integer((json_int_t)(value)))
#define SET_REAL(key, value) json_object_set_new(json, key, json_real(value))
    json_object_set_new(json, "engine", json_string(engine->name));
    json_object_set_new(json, "why", why ? json_string(why) : json_null());
    SET_INTEGER("jobs", stats->workers);
    SET_INTEGER("files", stats->files);
    SET_INTEGER("failed", stats->failed);
    SET_INTEGER("bytes", stats->bytes_read);
    SET_INTEGER("bytes_written", stats->bytes_wrote);
    SET_REAL("seconds", seconds);
    SET_REAL("bytes_per_second", seconds > 0 ? (double)stats->bytes_read / seconds : 0);
    SET_REAL("waiting_s", split.waiting);
    SET_REAL("waiting_for_names_s", seconds_of(stats->feed_ns));
    SET_REAL("hashing_s", split.hashing);
    SET_REAL("rest_s", split.rest);
    SET_REAL("no_processor_s", split.queued);
    SET_REAL("user_s", seconds_of(stats->user_ns));
    SET_REAL("system_s", seconds_of(stats->system_ns));
    SET_REAL("cpu_s", seconds_of(stats->process_ns));
    SET_REAL("mean_in_flight", in_flight_mean);
    SET_INTEGER("peak_in_flight", stats->in_flight_peak);
    SET_INTEGER("requests", stats->requests);
    SET_INTEGER("enters", stats->enters);
    SET_INTEGER("direct_bytes", stats->direct_bytes);
    SET_INTEGER("resident_files", stats->resident_files);
    SET_INTEGER("peak_memory_bytes", stats->memory_peak);
    SET_INTEGER("voluntary_switches", stats->switches);
    json_object_set_new(json, "workers", workers_json(stats));
    json_object_set_new(json, "bound", json_string(bottleneck->by));
    json_object_set_new(json, "bound_text", json_string(bottleneck->text));
#undef SET_INTEGER
#undef SET_REAL
    text = json_dumps(json, JSON_COMPACT | JSON_REAL_PRECISION(9));
    json_decref(json);
    if (!text)
        cli_fatal(0, "memory exhausted");
    fprintf(stderr, "%s\n", text);
    free(text);
}

const char *cli_fell_back(int status)
{
    static char why[120];

    snprintf(why, sizeof(why), "io_uring failed: %s%s", strerror(-status),
             status == -ENOMEM ? ", or RLIMIT_MEMLOCK is too low (ulimit -l)" : "");
    return why;
}

void cli_print_stats(const struct cli_common *common, const struct engine *engine, const char *why,
                     const struct stats *stats, double seconds)
{
    double in_flight_mean = seconds > 0 ? seconds_of(stats->in_flight_ns) / seconds : 0;
    struct cli_bottleneck bottleneck;

    if (common->stats == STATS_NONE)
        return;
    if (stats->fell_back > 0 && stats->fell_back >= stats->workers) {
        why = cli_fell_back(stats->fell_back_status);
        engine = &engine_sync;
    }
    bottleneck = cli_bottleneck(common, engine, stats, in_flight_mean);
    if (fflush(stdout) != 0)
        cli_stdout_failed();
    if (common->stats == STATS_JSON)
        print_json(engine, why, stats, seconds, in_flight_mean, &bottleneck);
    else
        print_text(engine, why, stats, seconds, in_flight_mean, &bottleneck);
}
