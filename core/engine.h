/* engine.h: the contract between operations and engines.
 *
 * An engine processes a whole feed of files. With one file at a time, io_uring would have too
 * little to overlap. With single requests, blocking code would have to imitate a ring.
 *
 *   sync   takes a file, loops over read(2), gives the bytes away, takes the next: core/sync/
 *   uring  keeps many files, and many blocks of a large file, in flight on one ring: core/uring/
 *
 * Both keep the same promises, and tests/contract holds them to it:
 *   - each file that is taken from the feed is given back by feed_done, once, failed or not;
 *   - a file's bytes are delivered in order, by one thread;
 *   - st_size is a hint: files grow and shrink, and those of /proc and sysfs have a wrong one;
 *   - a read that returns zero bytes ends a file; so does a short read that stops at st_size, and
 *     in a sparse copy a last hole;
 *   - an error is stored in its file (status, step), and the run continues; an engine returns an
 *     error only if it cannot work;
 *   - on return nothing is in flight.
 */
#ifndef CORE_ENGINE_H
#define CORE_ENGINE_H

#include "pipeline/feed.h"
#include "base/stats.h"

struct copy;        /* copy/copy.h */
struct crew_member; /* crew.h */
struct load;        /* load/load.h */
struct load_result;

enum direct_mode {
    DIRECT_AUTO,   /* uring: O_DIRECT for files that are not in the page cache; sync: never */
    DIRECT_ALWAYS, /* for every regular file whose filesystem supports it */
    DIRECT_NEVER,
};

struct engine_opts {
    unsigned depth;     /* files in flight per worker; 0: the engine's default; sync ignores it */
    size_t block_bytes; /* a read request of a large file; 0: the engine's default */
    enum direct_mode direct;
    unsigned workers; /* of this run at most; set by engine_run */
    /* limits per worker, which engine_run sets; 0: none */
    unsigned files_max; /* open files: from RLIMIT_NOFILE; also from files_waiting */
    size_t memory_max;  /* bytes of buffers: from limits_memory; depth and block_bytes obey it */
    /* Deliver files in the order taken, all bytes of one before the next: for sinks that write to
     * one place. Requires keep_order of the feed. */
    bool ordered;
    /* workers of sync while they wait for devices, if these are more than the jobs of engine_run;
     * uring ignores it */
    unsigned jobs_waiting;
    /* files in flight of all workers, one each at least, if calls on names wait for a server; 0: no
     * limit. uring makes such calls one after the other, for all files of a worker. */
    unsigned files_waiting;
    struct crew_member *member;    /* the worker's, which engine_run sets; NULL: it has no crew */
    const struct engine *fallback; /* takes over from an engine that cannot work; NULL: none */
    struct progress *progress;     /* counts the bytes; NULL if progress is not shown */
};

/* Where a file's bytes go. One per worker, used from its thread only. */
struct sink {
    /* Takes the next len bytes of the file, never 0. Returns 0, or -errno, which fails the file
     * with STEP_SINK. */
    int (*data)(struct sink *sink, struct file *file, const void *bytes, size_t len);
    /* Called once when a file has ended, just before feed_done; file->status tells how. */
    void (*end)(struct sink *sink, struct file *file);
    /* NULL for most sinks. Called instead of end if the file has ended well. Returns true if the
     * sink keeps the file to complete it together with others: then release returns it, and
     * feed_done follows. Returns false if end must be called. */
    bool (*keep)(struct sink *sink, struct file *file);
    /* Set if keep is. Returns a kept file that is complete, or has failed, in any order. Returns
     * NULL if all kept files wait for others; with flush set, only if no file is kept. */
    struct file *(*release)(struct sink *sink, bool flush);
    void (*free)(struct sink *sink);
    uint64_t hash_ns;       /* counted by sinks that digest */
    uint64_t batch_files;   /* files digested together with others */
    const char *batch_name; /* what does that; NULL: nothing has */
    /* CPU time of the sink's own thread; time in which it was ready to run and no processor free;
     * time that the caller waited for it */
    uint64_t thread_ns, thread_runqueue_ns, sink_wait_ns;
};

void sink_free(struct sink *sink); /* takes NULL */
/* Makes n sinks, each by make(arg), for sinks_free. Returns NULL if memory is short. */
struct sink **sinks_new(unsigned n, struct sink *(*make)(void *arg), void *arg);
void sinks_free(struct sink **sinks, unsigned n); /* takes NULL */

struct engine {
    const char *name;
    const char *library; /* and its version, or NULL */
    /* Tries what a worker with these options will use. Returns 0 if the engine can run; else
     * -errno, and *why is the reason, a static text. */
    int (*probe)(const struct engine_opts *opts, const char **why);
    /* Reads every file of the feed into the sink. */
    int (*read)(const struct engine_opts *opts, struct feed *feed, struct sink *sink,
                struct stats *stats);
    /* Copies every file of the feed as copy says. If sink is not NULL, it gets the bytes, too. */
    int (*copy)(const struct engine_opts *opts, struct feed *feed, struct copy *copy,
                struct sink *sink, struct stats *stats);
    /* Reads blocks until load_next has no more; no feed and no sink. Returns 0 or -errno. */
    int (*load)(struct load *load, struct load_result *result);
    /* Cancels the requests of all workers, or waits for them, until ms milliseconds have passed.
     * Must be called before a process ends that has workers: requests left in the kernel would
     * keep filesystems busy. The run cannot continue. Uses SIGURG, which the workers must not
     * block. */
    void (*stop)(unsigned ms);
};

extern const struct engine engine_sync;
extern const struct engine engine_uring;

/* Finds "sync", "uring", or "auto": uring if it can run with these options (NULL: the defaults),
 * else sync. *why is the reason why uring cannot run, or NULL. Returns NULL with *error set:
 * -EINVAL for an unknown name, else what the probe said. */
const struct engine *engine_find(const char *name, const struct engine_opts *opts, const char **why,
                                 int *error);

/* Returns the most workers that a run may have, by jobs and opts->jobs_waiting. */
unsigned engine_jobs_max(const struct engine_opts *opts, unsigned jobs);

/* Runs jobs workers over one feed, each with its own sink (sinks[engine_jobs_max]; for a copy
 * without one, NULL). copy is NULL to read. Returns 0, or -errno when no worker could work; if a
 * worker cannot start but others can, the run continues without it. Fewer run if memory is limited.
 * If the producer has no thread, one worker runs, alternating with it. The sum of the counters is
 * in *stats; the caller frees listing.slowest. */
int engine_run(const struct engine *engine, const struct engine_opts *opts, unsigned jobs,
               struct feed *feed, struct copy *copy, struct sink *const *sinks,
               struct stats *stats);

/* Runs jobs workers over a feed of its own: feed_start, engine_run, feed_join. Returns 0 with
 * the producer's 0 or -errno in *produced. If no worker could work, returns -errno, stops the
 * producer, and drops its error. */
int engine_process(const struct engine *engine, const struct engine_opts *opts, unsigned jobs,
                   const struct feed_config *config, struct copy *copy, struct sink *const *sinks,
                   struct stats *stats, int *produced);

#endif
