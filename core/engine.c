/* engine.c: runs an engine on several workers. */
#define _GNU_SOURCE
#include "engine.h"

#include <assert.h>
#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/resource.h>

#include "base/limits.h"

enum {
    BUFFERS_PART = 4, /* of the memory that the process may use, for the buffers of all workers */
    BUFFERS_BYTES_MIN = 256 * 1024, /* of a worker */
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
    const struct engine_opts *opts;
    struct feed *feed;
    struct copy *copy;
    struct sink *sink;
    struct stats stats;
    pthread_t thread;
    bool started;
    int status;
};

/* A sink's own thread counts as a part of the worker: by what it worked, for that is never I/O that
 * it waits for; and while the worker waited for it, this did not wait for I/O either. */
static void count_sink(struct stats *stats, const struct sink *sink)
{
    stats->hash_ns = sink->hash_ns;
    stats->threads = sink->thread_ns > 0;
    stats->user_ns += sink->thread_ns;
    if (sink->thread_ns > sink->sink_wait_ns)
        stats->sink_overlap_ns = sink->thread_ns - sink->sink_wait_ns;
    stats->wall_ns += stats->sink_overlap_ns;
}

static int run_engine(struct worker *worker, const struct engine *engine)
{
    if (worker->copy)
        return engine->copy(worker->opts, worker->feed, worker->copy, worker->sink, &worker->stats);
    return engine->read(worker->opts, worker->feed, worker->sink, &worker->stats);
}

/* Works until feed_next has no more files. Returns the worker's status. */
static int work(void *arg)
{
    struct worker *worker = arg;

    stats_start(&worker->stats);
    worker->status = run_engine(worker, worker->engine);
    if (worker->status < 0 && worker->opts->fallback && worker->engine != worker->opts->fallback) {
        worker->engine = worker->opts->fallback;
        worker->stats.fell_back = 1;
        worker->stats.fell_back_status = worker->status;
        worker->status = run_engine(worker, worker->engine);
    }
    stats_stop(&worker->stats);
    return worker->status;
}

static void *worker_main(void *arg)
{
    (void)work(arg);
    return NULL;
}

/* Files that a worker may have in flight: with two descriptors for each, as a copy needs, a quarter
 * of the limit for all workers; the walk's directories have another quarter. */
static unsigned files_max(unsigned jobs)
{
    struct rlimit limit;
    rlim_t files;

    if (getrlimit(RLIMIT_NOFILE, &limit) < 0 || limit.rlim_cur == RLIM_INFINITY)
        return UINT_MAX;
    files = limit.rlim_cur / 8 / jobs;
    return files < 1 ? 1 : files > UINT_MAX ? UINT_MAX : (unsigned)files;
}

/* Sets the limits per worker. */
static void set_limits(struct engine_opts *opts, unsigned jobs)
{
    uint64_t share = limits_memory() / BUFFERS_PART / jobs;

    opts->files_max = files_max(jobs);
    opts->memory_max = share < BUFFERS_BYTES_MIN ? BUFFERS_BYTES_MIN
                       : share > SIZE_MAX        ? SIZE_MAX
                                                 : (size_t)share;
    if (opts->block_bytes > opts->memory_max)
        opts->block_bytes = opts->memory_max;
}

int engine_run(const struct engine *engine, const struct engine_opts *opts, unsigned jobs,
               struct feed *feed, struct copy *copy, struct sink *const *sinks, struct stats *stats)
{
    struct worker *workers = calloc(jobs, sizeof(*workers));
    int status = 0;
    bool one_worked = false;
    struct engine_opts limited = *opts;

    assert(jobs > 0 && (copy || sinks));
    jobs = feed_has_thread(feed) ? limits_workers(jobs) : 1;
    set_limits(&limited, jobs);
    if (!workers) {
        feed_cancel(feed);
        return -ENOMEM;
    }
    for (unsigned i = 0; i < jobs; i++) {
        workers[i] = (struct worker){.engine = engine,
                                     .opts = &limited,
                                     .feed = feed,
                                     .copy = copy,
                                     .sink = sinks ? sinks[i] : NULL};
        /* the last one runs here: a single worker needs no thread */
        if (i + 1 < jobs)
            workers[i].started = pthread_create(&workers[i].thread, NULL, worker_main,
                                                &workers[i]) == 0;
    }
    if (feed_has_thread(feed))
        (void)work(&workers[jobs - 1]);
    else
        feed_alternate(feed, work, &workers[0]);
    for (unsigned i = 0; i < jobs; i++) {
        struct worker *worker = &workers[i];
        if (worker->started)
            pthread_join(worker->thread, NULL);
        if (!worker->started && i + 1 < jobs)
            continue;
        if (worker->sink)
            count_sink(&worker->stats, worker->sink);
        stats_add(stats, &worker->stats);
        if (worker->status == 0)
            one_worked = true;
        else if (status == 0)
            status = worker->status;
    }
    stats->feed_ns += feed_waited_ns(feed);
    stats_finish(stats);
    free(workers);
    if (one_worked)
        return 0;
    feed_cancel(feed);
    return status;
}

int engine_process(const struct engine *engine, const struct engine_opts *opts, unsigned jobs,
                   const struct feed_config *config, struct copy *copy, struct sink *const *sinks,
                   struct stats *stats, int *produced)
{
    struct feed *feed;
    int rc = feed_start(&feed, config);

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
