/* bottleneck.c: what a run was bound by, and what would have made it faster, from its counters. See
 * stats.h.
 *
 * A worker's time is spent computing (in the digest or elsewhere), ready to compute while no
 * processor is free, waiting for the next name, or waiting for I/O. Whichever is most decides. */
#define _GNU_SOURCE
#include <stdarg.h>
#include <stdio.h>

#include "../../core/base/limits.h"
#include "stats.h"

enum {
    DECISIVE_PERCENT = 70, /* of the workers' time */
    CROWDED_PERCENT = 20,  /* of that time ready to run: no processor is free */
    OWN_PERCENT = 50,      /* of the processors that the workers can use: others have the rest */
    SHORT_MS = 20,         /* of a worker: its start and the clocks' steps would decide */
    FULL_PERCENT = 50,     /* mean to peak in flight: the queue was kept full */
};

/* Percentages of the workers' time; digest: of their wall-clock time. */
struct shares {
    double computing, digest, queued, names, io;
};

static double percent(uint64_t part, uint64_t whole)
{
    double share = whole > 0 ? 100.0 * (double)part / (double)whole : 0;

    return share > 100 ? 100 : share;
}

static struct shares shares_of(const struct stats *stats)
{
    uint64_t waiting_ns = stats_waiting_ns(stats), whole = stats->wall_ns;
    /* each has its own clock, so each is limited to what the others leave */
    uint64_t runqueue_ns = stats->runqueue_ns < waiting_ns ? stats->runqueue_ns : waiting_ns;
    uint64_t names_ns = stats->feed_ns < waiting_ns - runqueue_ns ? stats->feed_ns
                                                                  : waiting_ns - runqueue_ns;

    return (struct shares){
        .computing = percent(stats->user_ns + stats->system_ns, whole),
        .digest = percent(stats_digest_ns(stats), whole - stats->sink_overlap_ns),
        .queued = percent(runqueue_ns, whole),
        .names = percent(names_ns, whole),
        .io = percent(waiting_ns - runqueue_ns - names_ns, whole),
    };
}

static void __attribute__((format(printf, 3, 4)))
set(struct cli_bottleneck *bottleneck, const char *by, const char *format, ...)
{
    va_list args;

    bottleneck->by = by;
    va_start(args, format);
    vsnprintf(bottleneck->text, sizeof(bottleneck->text), format, args);
    va_end(args);
}

static void computing(struct cli_bottleneck *bottleneck, const struct cli_common *common,
                      const struct stats *stats, const struct shares *shares)
{
    bool in_digest = common->digest && shares->digest > shares->computing / 2;
    unsigned processors = limits_processors();
    unsigned used = stats->workers < processors ? stats->workers : processors;
    char where[96], help[96] = "neither more workers nor a deeper queue would help",
                    others[96] = "";
    const char *because = "";
    /* of the time in which a processor was there */
    double busy = 100 / (100 - shares->queued), digest = shares->digest * busy;

    if (in_digest)
        snprintf(where, sizeof(where), "%.0f%% in %s", digest > 100 ? 100 : digest, common->digest);
    else
        snprintf(where, sizeof(where), "%.0f%% computing, most of it in system calls and copying",
                 shares->computing * busy);
    if (stats->files <= 1 && in_digest && common->jobs == 1 && processors > 1)
        snprintf(help, sizeof(help), "-j2 would give it a thread of its own, beside the reading");
    else if (stats->files <= 1)
        because = in_digest ? "one file's digest is one processor's work: " : "it is one file: ";
    else if (common->one_worker)
        because = "one worker writes: ";
    else if (stats->workers >= processors || shares->queued > CROWDED_PERCENT)
        because = "no processor is left: ";
    else
        snprintf(help, sizeof(help), "-j%u would help, a deeper queue would not", processors);
    if (shares->queued > CROWDED_PERCENT && shares->computing * stats->workers < OWN_PERCENT * used)
        snprintf(others, sizeof(others),
                 "; other processes, or a CPU quota, had the processors for %.0f%% of its time",
                 shares->queued);
    set(bottleneck, "cpu", "CPU-bound: %s; %s%s%s", where, because, help, others);
}

/* Writes what would have more requests in flight, in parentheses, or nothing. */
static void more_in_flight(char *text, size_t size, const struct cli_common *common,
                           const struct engine *engine, const struct stats *stats)
{
    const char *why;
    int error;
    bool ring = engine == &engine_sync && engine_find("uring", NULL, &why, &error);
    char jobs[32] = "";

    if (!common->one_worker)
        snprintf(jobs, sizeof(jobs), "-j%u", stats->workers * 8 < 16 ? 16 : stats->workers * 8);
    if (ring || jobs[0])
        snprintf(text, size, " (%s%s%s)", ring ? "--engine=uring" : "",
                 ring && jobs[0] ? ", or " : "", jobs);
}

static void waiting(struct cli_bottleneck *bottleneck, const struct cli_common *common,
                    const struct engine *engine, const struct stats *stats,
                    const struct shares *shares, double in_flight_mean)
{
    char by[64] = "";

    if (stats->enters == 0) {
        more_in_flight(by, sizeof(by), common, engine, stats);
        set(bottleneck, "latency",
            "latency-bound: %.0f%% waiting for I/O, one read at a time in each worker; more in "
            "flight would help%s, more processors would not",
            shares->io, by);
    } else if (stats->in_flight_peak > 2 * stats->workers &&
               in_flight_mean * 100 >= FULL_PERCENT * (double)stats->in_flight_peak) {
        set(bottleneck, "device",
            "device-bound: %.0f%% waiting for I/O with %.0f requests in flight; faster storage "
            "would help, more workers would not, and a deeper queue only if the storage is remote",
            shares->io, in_flight_mean);
    } else {
        set(bottleneck, "latency",
            "latency-bound: %.0f%% waiting for I/O with %.1f requests in flight, %u at the most: "
            "no more requests could be issued at once; a deeper queue would not help",
            shares->io, in_flight_mean, stats->in_flight_peak);
    }
}

static void names(struct cli_bottleneck *bottleneck, const struct stats *stats,
                  const struct shares *shares)
{
    const struct stats_listing *listing = &stats->listing;
    /* of what one worker waited for names */
    uint64_t half_ns = stats->feed_ns / stats->workers / 2;
    const char *what = "the walk or the list", *help = "";

    if (listing->ns > half_ns)
        what = "listing directories";
    if (listing->slowest_ns > half_ns) {
        what = "listing one directory";
        help = ", smaller directories would";
    }
    set(bottleneck, "names",
        "bound by %s: %.0f%% waiting for the next name; neither more workers nor a deeper queue "
        "would help%s",
        what, shares->names, help);
}

struct cli_bottleneck cli_bottleneck(const struct cli_common *common, const struct engine *engine,
                                     const struct stats *stats, double in_flight_mean)
{
    struct shares shares = shares_of(stats);
    struct cli_bottleneck bottleneck = {0};

    if (stats->files == 0)
        set(&bottleneck, "nothing", "no file was read");
    else if (stats->wall_ns < stats->workers * (SHORT_MS * 1000000ull))
        set(&bottleneck, "short", "too short to tell: each worker ran less than %d ms", SHORT_MS);
    else if (shares.computing + shares.queued >= DECISIVE_PERCENT)
        computing(&bottleneck, common, stats, &shares);
    else if (shares.names > shares.computing && shares.names > shares.io)
        names(&bottleneck, stats, &shares);
    else if (shares.io + shares.names >= DECISIVE_PERCENT)
        waiting(&bottleneck, common, engine, stats, &shares, in_flight_mean);
    else
        set(&bottleneck, "both",
            "bound by both: %.0f%% computing, %.0f%% waiting for I/O, %.0f%% for names; %s",
            shares.computing, shares.io, shares.names,
            shares.queued > CROWDED_PERCENT || stats->files <= stats->workers || common->one_worker
                ? "faster storage and faster processors would help"
                : "more workers (-j) would compute while others wait");
    return bottleneck;
}
