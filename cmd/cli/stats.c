/* stats.c: what --stats prints. See stats.h. */
#define _GNU_SOURCE
#include "stats.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "engine.h"
#include "json.h"
#include "lines.h"
#include "messages.h"
#include "quote.h"
#include "sizes.h"

enum { INDENT = 11, WIDTH = 80 }; /* columns of a keyword, and of a line of words */

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
    uint64_t runqueue_ns = stats->runqueue_ns < waiting_ns ? stats->runqueue_ns : waiting_ns;
    uint64_t digest_ns = stats_digest_ns(stats);

    return (struct split){
        .waiting = seconds_of(waiting_ns - runqueue_ns),
        .queued = seconds_of(runqueue_ns),
        .hashing = seconds_of(digest_ns),
        .rest = seconds_of(stats->user_ns + stats->system_ns - digest_ns),
    };
}

static void print_worker(const char *who, const struct stats *worker)
{
    struct split split = split_of(worker);

    fprintf(stderr, "%-10s waiting %.3f s, hashing %.3f s, rest %.3f s; no CPU free %.3f s\n", who,
            split.waiting, split.hashing, split.rest, split.queued);
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

/* Prints the engine, and why some or all of the workers did not use the ring. */
static void print_engine(const struct engine *engine, const char *why, const struct stats *stats)
{
    fprintf(stderr, "engine     %s, %u %s%s", engine->name, stats->workers,
            stats->workers == 1 ? "worker" : "workers",
            stats->threads > 0 ? ", digests on threads of their own" : "");
    if (why && engine != &engine_sync)
        fprintf(stderr, ", %u of them sync (%s)", stats->fell_back, why);
    else if (why)
        fprintf(stderr, " (not uring: %s)", why);
    fputc('\n', stderr);
}

static void print_listing(const struct stats_listing *listing)
{
    fprintf(stderr, "listing    %" PRIu64 " %s in %.3f s", listing->directories,
            listing->directories == 1 ? "directory" : "directories", seconds_of(listing->ns));
    if (listing->slowest)
        fprintf(stderr, ", the slowest in %.3f s: %s with %" PRIu64 " %s",
                seconds_of(listing->slowest_ns), cli_quote(listing->slowest),
                listing->slowest_names, listing->slowest_names == 1 ? "name" : "names");
    fputc('\n', stderr);
}

/* Digests of several files are computed together or one after the other. */
static void print_digest(const struct stats *stats)
{
    if (stats->batch_files > 0)
        fprintf(stderr, "digest     %" PRIu64 " files by %s; %" PRIu64 " one at a time\n",
                stats->batch_files, stats->batch_name, stats->files - stats->batch_files);
    else if (stats->hash_ns > 0)
        fprintf(stderr, "digest     one file at a time\n");
}

static void print_text(const struct engine *engine, const char *why, const struct stats *stats,
                       double seconds, double in_flight_mean,
                       const struct cli_bottleneck *bottleneck)
{
    char size[CLI_SIZE_BYTES];

    print_engine(engine, why, stats);
    fprintf(stderr, "files      %" PRIu64 ", failed %" PRIu64 "\n", stats->files, stats->failed);
    fprintf(stderr, "read       %s in %.3f s, ", cli_size((double)stats->bytes_read, size),
            seconds);
    fprintf(stderr, "%s/s\n",
            cli_size(seconds > 0 ? (double)stats->bytes_read / seconds : 0, size));
    if (stats->bytes_written > 0)
        fprintf(stderr, "written    %s\n", cli_size((double)stats->bytes_written, size));
    fprintf(stderr, "page cache %s read past it, %" PRIu64 " %s read from it without the ring\n",
            cli_size((double)stats->direct_bytes, size), stats->resident_files,
            stats->resident_files == 1 ? "file" : "files");
    print_digest(stats);
    print_worker("workers", stats);
    print_workers(stats);
    fprintf(stderr, "CPU        user %.3f s, system %.3f s; waiting for names %.3f s\n",
            seconds_of(stats->user_ns), seconds_of(stats->system_ns), seconds_of(stats->feed_ns));
    if (stats->listing.directories > 0)
        print_listing(&stats->listing);
    fprintf(stderr, "process    CPU %.3f s, peak memory %.1f MiB, voluntary switches %" PRIu64 "\n",
            seconds_of(stats->process_ns), (double)stats_memory_peak() / 1048576, stats->switches);
    fprintf(stderr, "in flight  mean %.1f, peak %u; %" PRIu64 " requests in %" PRIu64 " enters\n",
            in_flight_mean, stats->in_flight_peak, stats->requests, stats->enters);
    fprintf(stderr, "bottleneck ");
    cli_put_words(stderr, bottleneck->text, INDENT, INDENT, WIDTH);
}

static void put_split(struct json_writer *json, const struct stats *stats, bool runqueue_known)
{
    struct split split = split_of(stats);

    json_put_real(json, "waiting_seconds", split.waiting);
    json_put_real(json, "hashing_seconds", split.hashing);
    json_put_real(json, "rest_seconds", split.rest);
    json_put_real(json, "runqueue_seconds", runqueue_known ? split.queued : NAN);
}

static void put_listing(struct json_writer *json, const struct stats_listing *listing)
{
    json_put_count(json, "directories", listing->directories);
    json_put_real(json, "listing_seconds", seconds_of(listing->ns));
    if (listing->slowest)
        json_put_name(json, "slowest_directory", listing->slowest);
    else
        json_put_null(json, "slowest_directory");
    json_put_count(json, "slowest_directory_names", listing->slowest_names);
    json_put_real(json, "slowest_directory_seconds", seconds_of(listing->slowest_ns));
}

static void put_workers(struct json_writer *json, const struct stats *stats, bool runqueue_known)
{
    json_put_array(json, "workers");
    for (unsigned i = 0; i < stats->workers && i < stats->each_len; i++) {
        json_put_object(json, NULL);
        json_put_count(json, "files", stats->each[i].files);
        put_split(json, &stats->each[i], runqueue_known);
        json_end(json);
    }
    json_end(json);
}

static void print_json(const char *program, const struct engine *engine, const char *why,
                       const struct stats *stats, double seconds, double in_flight_mean,
                       const struct cli_bottleneck *bottleneck)
{
    bool runqueue_known = stats_runqueue_known();
    struct json_writer json;

    json_begin(&json, stderr, JSON_LINE, "stats");
    json_put_program(&json, program);
    json_put_text(&json, "engine", engine->name);
    json_put_text(&json, "fallback_reason", why);
    json_put_count(&json, "fallback_workers",
                   why && engine == &engine_sync ? stats->workers : stats->fell_back);
    json_put_count(&json, "jobs", stats->workers);
    json_put_count(&json, "files", stats->files);
    json_put_count(&json, "failed_files", stats->failed);
    json_put_count(&json, "bytes", stats->bytes_read);
    json_put_count(&json, "written_bytes", stats->bytes_written);
    json_put_real(&json, "seconds", seconds);
    json_put_real(&json, "bytes_per_second", (double)stats->bytes_read / seconds);
    put_split(&json, stats, runqueue_known);
    json_put_real(&json, "waiting_for_names_seconds", seconds_of(stats->feed_ns));
    put_listing(&json, &stats->listing);
    json_put_real(&json, "user_seconds", seconds_of(stats->user_ns));
    json_put_real(&json, "system_seconds", seconds_of(stats->system_ns));
    json_put_real(&json, "cpu_seconds", seconds_of(stats->process_ns));
    json_put_real(&json, "in_flight_mean", in_flight_mean);
    json_put_count(&json, "in_flight_peak", stats->in_flight_peak);
    json_put_count(&json, "requests", stats->requests);
    json_put_count(&json, "enters", stats->enters);
    json_put_count(&json, "direct_bytes", stats->direct_bytes);
    json_put_count(&json, "resident_files", stats->resident_files);
    json_put_count(&json, "batch_files", stats->batch_files);
    json_put_text(&json, "batch_library", stats->batch_name);
    json_put_count(&json, "memory_peak_bytes", stats_memory_peak());
    json_put_count(&json, "voluntary_switches", stats->switches);
    put_workers(&json, stats, runqueue_known);
    json_put_text(&json, "bottleneck", bottleneck->by);
    json_put_text(&json, "bottleneck_text", bottleneck->text);
    json_finish(&json);
}

const char *cli_fell_back(int status)
{
    static char why[140];

    snprintf(why, sizeof(why), "io_uring failed: %s", cli_engine_error(status));
    return why;
}

void cli_print_stats(const struct cli_common *common, const struct engine *engine, const char *why,
                     const struct stats *stats, double seconds)
{
    double in_flight_mean = seconds > 0 ? seconds_of(stats->in_flight_ns) / seconds : 0;
    struct cli_bottleneck bottleneck;

    if (common->stats == STATS_NONE)
        return;
    if (stats->fell_back > 0)
        why = cli_fell_back(stats->fell_back_status);
    if (stats->fell_back > 0 && stats->fell_back >= stats->workers)
        engine = &engine_sync;
    bottleneck = cli_bottleneck(common, engine, stats, in_flight_mean);
    if (fflush(stdout) != 0)
        cli_stdout_failed();
    if (common->stats == STATS_JSON)
        print_json(common->program, engine, why, stats, seconds, in_flight_mean, &bottleneck);
    else
        print_text(engine, why, stats, seconds, in_flight_mean, &bottleneck);
}
