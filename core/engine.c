/* engine.c: runs an engine on several workers. */
#define _GNU_SOURCE
#include "engine.h"

#include <assert.h>
#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <stdlib.h>

#include "base/limits.h"
#include "base/preload.h"
#include "base/thread.h"
#include "crew.h"

enum {
    BUFFERS_PART = 4, /* of the memory that the process may use, for the buffers of all workers */
    BUFFERS_BYTES_MIN = 256 * 1024, /* of a worker */
    /* With fewer, a walk and several workers would take them from each other. */
    DESCRIPTORS_MIN = 32,
};

void sink_free(struct sink *sink)
{
    if (sink)
        sink->free(sink);
}

struct sink **sinks_new(unsigned n, struct sink *(*make)(void *arg), void *arg)
{
    struct sink **sinks = calloc(n, sizeof(*sinks));

    for (unsigned i = 0; sinks && i < n; i++) {
        sinks[i] = make(arg);
        if (!sinks[i]) {
            sinks_free(sinks, i);
            return NULL;
        }
    }
    return sinks;
}

void sinks_free(struct sink **sinks, unsigned n)
{
    for (unsigned i = 0; sinks && i < n; i++)
        sink_free(sinks[i]);
    free(sinks);
}

struct worker {
    const struct engine *engine;
    struct engine_opts opts;
    struct feed *feed;
    struct copy *copy;
    struct sink *sink;
    struct stats stats;
    struct crew_member member;
    pthread_t thread;
    bool has_thread;   /* not joined yet */
    bool left;         /* an extra worker, whose thread ends */
    bool has_counters; /* it has worked */
    int status;
};

/* The workers of a run: usual ones, which stay to the end, then places for extra ones. */
struct crew {
    struct worker *workers; /* [most] */
    unsigned usual, most;
    pthread_mutex_t lock; /* for the extra ones */
    unsigned extra;       /* that work */
    bool closed;          /* no more can be started */
};

/* Adds the counters of a worker's sink. The sink's own thread counts as a part of the worker. It
 * never waits for I/O: it works, or waits for a processor. While the worker waits for this thread,
 * it does not wait for I/O either, so this time is counted once. */
static void count_sink(struct stats *stats, const struct sink *sink)
{
    uint64_t thread_ns = sink->thread_ns + sink->thread_runqueue_ns;

    stats->hash_ns = sink->hash_ns;
    stats->batch_files = sink->batch_files;
    stats->batch_name = sink->batch_name;
    stats->threads = sink->thread_ns > 0;
    stats->user_ns += sink->thread_ns;
    stats->runqueue_ns += sink->thread_runqueue_ns;
    if (thread_ns > sink->sink_wait_ns)
        stats->sink_overlap_ns = thread_ns - sink->sink_wait_ns;
    stats->wall_ns += stats->sink_overlap_ns;
}

static int run_engine(struct worker *worker, const struct engine *engine)
{
    if (worker->copy)
        return engine->copy(&worker->opts, worker->feed, worker->copy, worker->sink,
                            &worker->stats);
    return engine->read(&worker->opts, worker->feed, worker->sink, &worker->stats);
}

/* Works until feed_next has no more files. Returns the worker's status. */
static int work(void *arg)
{
    struct worker *worker = arg;

    stats_start(&worker->stats);
    worker->status = run_engine(worker, worker->engine);
    if (worker->status < 0 && worker->opts.fallback && worker->engine != worker->opts.fallback) {
        worker->engine = worker->opts.fallback;
        worker->stats.fell_back = 1;
        worker->stats.fell_back_status = worker->status;
        worker->status = run_engine(worker, worker->engine);
    }
    stats_stop(&worker->stats);
    return worker->status;
}

static void *worker_main(void *arg)
{
    preload_thread_begins();
    (void)work(arg);
    return NULL;
}

/* Files that a worker may have in flight: with two descriptors for each, as a copy needs, a quarter
 * of the limit for all workers; the walk's directories have another quarter. */
static unsigned files_max(unsigned jobs)
{
    unsigned files = limits_descriptors() / 8 / jobs;

    return files < 1 ? 1 : files;
}

/* Sets the limits per worker. */
static void set_limits(struct engine_opts *opts, unsigned jobs)
{
    uint64_t share = limits_memory() / BUFFERS_PART / jobs;

    opts->workers = jobs;
    opts->files_max = files_max(jobs);
    if (opts->files_waiting > 0 && opts->depth == 0 && opts->files_max > opts->files_waiting / jobs)
        opts->files_max = opts->files_waiting > jobs ? opts->files_waiting / jobs : 1;
    opts->memory_max = share < BUFFERS_BYTES_MIN ? BUFFERS_BYTES_MIN
                       : share > SIZE_MAX        ? SIZE_MAX
                                                 : (size_t)share;
    if (opts->block_bytes > opts->memory_max)
        opts->block_bytes = opts->memory_max;
}

static void *extra_main(void *arg)
{
    struct worker *worker = arg;
    struct crew *crew = worker->member.crew;

    preload_thread_begins();
    (void)work(worker);
    pthread_mutex_lock(&crew->lock);
    worker->left = true;
    crew->extra--;
    pthread_mutex_unlock(&crew->lock);
    return NULL;
}

/* Starts an extra worker, if there is a place, because one has waited for a device. */
static void start_extra(struct crew_member *member)
{
    struct crew *crew = member->crew;
    struct worker *worker = &crew->workers[crew->usual];

    pthread_mutex_lock(&crew->lock);
    if (crew->closed || crew->extra == crew->most - crew->usual) {
        pthread_mutex_unlock(&crew->lock);
        return;
    }
    while (worker->has_thread && !worker->left)
        worker++;
    if (worker->has_thread)
        pthread_join(worker->thread, NULL);
    worker->left = false;
    worker->member.quiet = 0;
    worker->has_thread = thread_start(&worker->thread, extra_main, worker) == 0;
    worker->has_counters |= worker->has_thread;
    crew->extra += worker->has_thread;
    crew->closed = !worker->has_thread; /* a limit on threads: do not try again */
    pthread_mutex_unlock(&crew->lock);
}

/* Makes the workers, which do not run yet. Returns 0 or -ENOMEM. */
static int crew_init(struct crew *crew, const struct worker *like, struct sink *const *sinks)
{
    crew->workers = calloc(crew->most, sizeof(*crew->workers));
    if (!crew->workers)
        return -ENOMEM;
    pthread_mutex_init(&crew->lock, NULL);
    for (unsigned i = 0; i < crew->most; i++) {
        struct worker *worker = &crew->workers[i];
        *worker = *like;
        worker->sink = sinks ? sinks[i] : NULL;
        worker->member = (struct crew_member){
            .waited = start_extra, .crew = crew, .extra = i >= crew->usual};
        worker->opts.member = crew->most > crew->usual ? &worker->member : NULL;
    }
    return 0;
}

/* Runs the workers until the feed has ended. */
static void crew_run(struct crew *crew, struct feed *feed)
{
    /* the last one of the usual ones runs here: a single worker needs no thread */
    unsigned here = crew->usual - 1;

    for (unsigned i = 0; i < here; i++) {
        struct worker *worker = &crew->workers[i];
        worker->has_thread = thread_start(&worker->thread, worker_main, worker) == 0;
        worker->has_counters = worker->has_thread;
    }
    crew->workers[here].has_counters = true;
    if (feed_has_thread(feed))
        (void)work(&crew->workers[here]);
    else
        feed_alternate(feed, work, &crew->workers[here]);
    for (unsigned i = 0; i < crew->most; i++) {
        if (i == crew->usual) { /* the workers that could start one more have ended, or are extra */
            pthread_mutex_lock(&crew->lock);
            crew->closed = true;
            pthread_mutex_unlock(&crew->lock);
        }
        if (crew->workers[i].has_thread)
            pthread_join(crew->workers[i].thread, NULL);
    }
}

/* Adds up the counters. Returns 0 if one worker could work, else -errno of the first. */
static int crew_count(struct crew *crew, struct stats *stats)
{
    bool one_worked = false;
    int status = 0;

    for (unsigned i = 0; i < crew->most; i++) {
        struct worker *worker = &crew->workers[i];
        if (!worker->has_counters)
            continue;
        if (worker->sink)
            count_sink(&worker->stats, worker->sink);
        stats_add(stats, &worker->stats);
        if (worker->status == 0)
            one_worked = true;
        else if (status == 0)
            status = worker->status;
    }
    return one_worked ? 0 : status;
}

unsigned engine_jobs_max(const struct engine_opts *opts, unsigned jobs)
{
    return opts->jobs_waiting > jobs ? opts->jobs_waiting : jobs;
}

int engine_run(const struct engine *engine, const struct engine_opts *opts, unsigned jobs,
               struct feed *feed, struct copy *copy, struct sink *const *sinks, struct stats *stats)
{
    struct worker like = {.engine = engine, .opts = *opts, .feed = feed, .copy = copy};
    struct crew crew = {.most = 1};
    int status;

    assert(jobs > 0 && (copy || sinks));
    if (feed_has_thread(feed))
        crew.most = limits_workers(engine_jobs_max(opts, jobs));
    crew.usual = jobs < crew.most ? jobs : crew.most;
    set_limits(&like.opts, crew.most);
    status = crew_init(&crew, &like, sinks);
    if (status == 0) {
        crew_run(&crew, feed);
        status = crew_count(&crew, stats);
        stats->feed_ns += feed_waited_ns(feed);
        feed_take_listing(feed, &stats->listing);
        stats_finish(stats);
        pthread_mutex_destroy(&crew.lock);
        free(crew.workers);
    }
    if (status < 0)
        feed_cancel(feed);
    return status;
}

int engine_process(const struct engine *engine, const struct engine_opts *opts, unsigned jobs,
                   const struct feed_config *config, struct copy *copy, struct sink *const *sinks,
                   struct stats *stats, int *produced)
{
    struct feed_config own = *config;
    struct feed *feed;
    int rc;

    own.no_thread |= limits_descriptors() < DESCRIPTORS_MIN;
    rc = feed_start(&feed, &own);
    *produced = 0;
    if (rc < 0)
        return rc;
    rc = engine_run(engine, opts, jobs, feed, copy, sinks,
                    stats); /* cancels the feed if it fails */
    if (rc < 0)
        (void)feed_join(feed);
    else
        *produced = feed_join(feed);
    return rc;
}
