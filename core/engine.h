/* engine.h: the contract between operations and engines.
 *
 * An engine works on a feed of files, not on one request and not on one file: on a single file
 * io_uring has little to overlap, and on single requests blocking code would have to imitate a
 * ring.
 *
 *   sync   takes a file, loops over read(2), gives the bytes away, takes the next: core/sync/
 *   uring  keeps many files, and many blocks of a large file, in flight on one ring: core/uring/
 *
 * Both keep the same promises, and tests/contract holds them to it:
 *   - each file that is taken from the feed is given back by feed_done, once, failed or not;
 *   - a file's bytes come in order and all from one thread; a short read is no end, only a read of
 *     zero bytes is: st_size is a hint (files grow, shrink, and lie in /proc and sysfs);
 *   - a file's error is the file's (status, step) and the run goes on; only what makes the engine
 *     itself unable to work is returned;
 *   - on return nothing is in flight.
 */
#ifndef CORE_ENGINE_H
#define CORE_ENGINE_H

#include "pipeline/feed.h"
#include "base/stats.h"

struct copy; /* copy.h */
struct load; /* load.h */
struct load_result;

enum direct_mode {
    DIRECT_AUTO, /* O_DIRECT for files that are not in the page cache, if the engine gains by it */
    DIRECT_ALWAYS, /* for every regular file whose filesystem can */
    DIRECT_NEVER,
};

struct engine_opts {
    unsigned depth;     /* files in flight per worker; 0: the engine's default; sync ignores it */
    size_t block_bytes; /* a read request of a large file; 0: the engine's default */
    enum direct_mode direct;
    unsigned
        files_max; /* open files per worker, at the most: set by engine_run from RLIMIT_NOFILE */
    bool ordered; /* deliver files in the order in which they are taken, each one's bytes before the
                   * next one's: for sinks that write to one place. The feed must keep_order. */
    const struct engine *fallback; /* takes over from an engine that cannot work; NULL: none */
    struct progress *progress;     /* counts the bytes; NULL if progress is not shown */
};

/* Where a file's bytes go. One per worker, used from its thread only. */
struct sink {
    /* The next len bytes (never 0) of the file. 0, or -errno, which ends this file with STEP_SINK.
     */
    int (*data)(struct sink *sink, struct file *file, const void *bytes, size_t len);
    /* The file has ended: file->status tells how. Called once per file, just before feed_done. */
    void (*end)(struct sink *sink, struct file *file);
    void (*free)(struct sink *sink);
    uint64_t hash_ns; /* counted by sinks that digest */
    /* of a sink with a thread of its own: that one's CPU time, and how long the caller waited for
     * it */
    uint64_t thread_ns, sink_wait_ns;
};

void sink_free(struct sink *sink); /* takes NULL */
/* Makes n sinks, each by make(arg), for sinks_free. Returns NULL if memory is short. */
struct sink **sinks_new(unsigned n, struct sink *(*make)(void *arg), void *arg);
void sinks_free(struct sink **sinks, unsigned n); /* takes NULL */

struct engine {
    const char *name;
    /* Whether it can run here: 0, or -errno with the reason in words, a static string, in *why. */
    int (*probe)(const char **why);
    /* Reads every file of the feed into the sink. */
    int (*read)(const struct engine_opts *opts, struct feed *feed, struct sink *sink,
                struct stats *stats);
    /* Copies every file of the feed as copy says. sink sees the bytes too; NULL: no one looks. */
    int (*copy)(const struct engine_opts *opts, struct feed *feed, struct copy *copy,
                struct sink *sink, struct stats *stats);
    /* Reads blocks until load_next has no more; no feed and no sink. 0 or -errno. */
    int (*load)(struct load *load, struct load_result *result);
    /* Cancels what the calling thread's read or copy has in flight, or waits for it, a second at
     * most: for a sink that is about to end the process. What the kernel still has in flight then
     * would keep filesystems busy for a while. The run cannot go on afterwards. */
    void (*abandon)(void);
};

extern const struct engine engine_sync;
extern const struct engine engine_uring;

/* Finds "sync", "uring", or "auto": uring if it can run, else sync. *why says why not uring, or is
 * NULL. Returns NULL with *error set: -EINVAL for an unknown name, else what the probe said. */
const struct engine *engine_find(const char *name, const char **why, int *error);

/* Runs jobs workers over one feed, each with its own sink (sinks[jobs]; for a copy without one,
 * NULL). copy is NULL to read. Returns 0, or -errno when no worker could work; a worker that cannot
 * start beside others that can is left out. If the feed's producer has no thread, one worker runs,
 * alternating with it. The sum of the counters is in *stats. */
int engine_run(const struct engine *engine, const struct engine_opts *opts, unsigned jobs,
               struct feed *feed, struct copy *copy, struct sink *const *sinks,
               struct stats *stats);

/* Runs jobs workers over a feed of its own: feed_start, engine_run, feed_join. Returns 0, or -errno
 * if no worker could work; then the producer is stopped, and its error is not reported. *produced:
 * else the producer's 0 or -errno. */
int engine_process(const struct engine *engine, const struct engine_opts *opts, unsigned jobs,
                   const struct feed_config *config, struct copy *copy, struct sink *const *sinks,
                   struct stats *stats, int *produced);

#endif
