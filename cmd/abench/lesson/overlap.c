/* overlap.c: the lesson of what else is done while one read waits: a slow file first, then
 * many others, read by one worker into a digest that counts. */
#define _GNU_SOURCE
#include "overlap.h"
#include "delay_files.h"
#include "../measure/child.h"
#include "../../cli/cli.h"
#include "../../../core/digest/hash.h"

#include <errno.h>
#include <string.h>

enum {
    OTHER_FILES = 2000,
};

struct meanwhile {
    struct sink sink; /* first: counts, and hands on */
    struct sink *hash;
    const char *slow, *other;
    uint64_t files, bytes;
    struct lesson_meanwhile *result;
};

static int produce(struct feed *feed, void *arg)
{
    const struct meanwhile *meanwhile = arg;
    struct dir *cwd = dir_cwd();
    int rc = cwd ? 0 : -ENOMEM;

    for (unsigned i = 0; i <= OTHER_FILES && rc == 0; i++) {
        const char *name = i == 0 ? meanwhile->slow : meanwhile->other;
        struct file *file = feed_file(feed, cwd, name, strlen(name));
        rc = file ? feed_add(feed, file) : -ENOMEM;
    }
    dir_put(cwd);
    return rc;
}

static void retire(struct file *file, void *arg)
{
    (void)file;
    (void)arg;
}

static int count_data(struct sink *sink, struct file *file, const void *bytes, size_t len)
{
    struct meanwhile *meanwhile = (struct meanwhile *)sink;

    if (file->seq != 0)
        meanwhile->bytes += len;
    return meanwhile->hash->data(meanwhile->hash, file, bytes, len);
}

static void count_end(struct sink *sink, struct file *file)
{
    struct meanwhile *meanwhile = (struct meanwhile *)sink;

    meanwhile->hash->end(meanwhile->hash, file);
    if (file->seq == 0) {
        meanwhile->result->files = meanwhile->files;
        meanwhile->result->bytes = meanwhile->bytes;
    } else {
        meanwhile->files++;
    }
}

/* Blocking calls in their plainest form, one file after the other: out of order they would poll a
 * FIFO. */
static int run(struct meanwhile *meanwhile, const struct engine *engine)
{
    struct feed_config config = {.op_bytes = sizeof(struct hash_result),
                                 .keep_order = true,
                                 .produce = produce,
                                 .retire = retire,
                                 .arg = meanwhile};
    struct engine_opts opts = {.direct = DIRECT_AUTO, .ordered = engine == &engine_sync};
    struct sink *sinks[1] = {&meanwhile->sink};
    struct stats stats = {0};
    struct feed *feed;
    double start = bench_now();
    int joined, rc = feed_start(&feed, &config);

    if (rc < 0)
        return rc;
    rc = engine_run(engine, &opts, 1, feed, NULL, sinks, &stats);
    if (rc < 0)
        feed_cancel(feed);
    joined = feed_join(feed);
    meanwhile->result->seconds = bench_now() - start;
    return rc < 0 ? rc : joined;
}

struct job {
    const struct bench *bench;
    const struct engine *engine;
    struct lesson_meanwhile *result;
};

static int run_in_child(void *arg)
{
    const struct job *job = arg;
    struct meanwhile meanwhile = {.sink = {.data = count_data, .end = count_end},
                                  .slow = slow_path(job->bench, 0),
                                  .other = "/proc/self/exe",
                                  .result = job->result};
    struct digest *digest = cli_digest_open("sha256");
    int rc = -ENOMEM;

    meanwhile.hash = digest ? hash_sink_new(&digest, 1) : NULL;
    if (meanwhile.hash)
        rc = run(&meanwhile, job->engine);
    sink_free(meanwhile.hash);
    digest_close(digest);
    return rc < 0 ? 1 : 0;
}

int meanwhile_measure(const struct bench *bench, const char *engine,
                      struct lesson_meanwhile *meanwhile)
{
    struct lesson_meanwhile *shared = bench_shared(sizeof(*shared));
    const char *why;
    int error;
    struct job job = {
        .bench = bench, .engine = engine_find(engine, &why, &error), .result = shared};
    pid_t server;
    int rc = -EIO;

    if (!shared || !job.engine) {
        bench_unshare(shared, sizeof(*shared));
        return shared ? error : -ENOMEM;
    }
    server = slow_start(bench, 1);
    if (bench_in_child(run_in_child, &job) == 0)
        rc = 0;
    slow_end(server);
    *meanwhile = *shared;
    bench_unshare(shared, sizeof(*shared));
    return rc;
}
