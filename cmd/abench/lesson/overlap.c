/* overlap.c: measures the work that continues while one read waits: one worker reads a slow file
 * and many others into a digest that counts. */
#define _GNU_SOURCE
#include "overlap.h"
#include "delay_files.h"
#include "../measure/child.h"
#include "../../cli/engine.h"
#include "../../../core/digest/hash.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>

enum {
    OTHER_FILES = 2000,
};

/* A sink that counts what is digested while the delayed file is read. */
struct counter {
    struct sink sink; /* passes data on to hash; must be first */
    struct sink *hash;
    const char *slow, *other;
    uint64_t files, bytes;
    struct overlap *result;
};
_Static_assert(offsetof(struct counter, sink) == 0, "count_data casts a sink to its counter");

static int produce(struct feed *feed, void *arg)
{
    const struct counter *counter = arg;
    struct dir *cwd = dir_cwd();
    int rc = cwd ? 0 : -ENOMEM;

    for (unsigned i = 0; i <= OTHER_FILES && rc == 0; i++) {
        const char *name = i == 0 ? counter->slow : counter->other;
        struct file *file = feed_file(feed, cwd, name, strlen(name));
        rc = file ? feed_add(feed, file) : -ENOMEM;
    }
    dir_put(cwd);
    return rc;
}

static int count_data(struct sink *sink, struct file *file, const void *bytes, size_t len)
{
    struct counter *counter = (struct counter *)sink;

    if (file->seq != 0)
        counter->bytes += len;
    return counter->hash->data(counter->hash, file, bytes, len);
}

static void count_end(struct sink *sink, struct file *file)
{
    struct counter *counter = (struct counter *)sink;

    counter->hash->end(counter->hash, file);
    if (file->seq == 0) {
        counter->result->files = counter->files;
        counter->result->bytes = counter->bytes;
    } else {
        counter->files++;
    }
}

/* Runs the engine. The blocking one reads the files in order, because out of order it would poll a
 * FIFO. */
static int run(struct counter *counter, const struct engine *engine)
{
    struct feed_config config = {.op_bytes = sizeof(struct hash_result),
                                 .keep_order = true,
                                 .produce = produce,
                                 .arg = counter};
    struct engine_opts opts = {.direct = DIRECT_AUTO, .ordered = engine == &engine_sync};
    struct sink *sinks[1] = {&counter->sink};
    struct stats stats = {0};
    double start = bench_now();
    int produced, rc = engine_process(engine, &opts, 1, &config, NULL, sinks, &stats, &produced);

    counter->result->seconds = bench_now() - start;
    return rc < 0 ? rc : produced;
}

struct job {
    const struct bench *bench;
    const struct engine *engine;
    struct overlap *result;
};

static int run_in_child(void *arg)
{
    const struct job *job = arg;
    struct counter counter = {.sink = {.data = count_data, .end = count_end},
                              .slow = delay_files_path(job->bench, 0),
                              .other = "/proc/self/exe",
                              .result = job->result};
    struct digest *digest = cli_digest_open("sha256");
    int rc = -ENOMEM;

    counter.hash = digest ? hash_sink_new(&digest, 1) : NULL;
    if (counter.hash)
        rc = run(&counter, job->engine);
    sink_free(counter.hash);
    digest_close(digest);
    return rc < 0 ? 1 : 0;
}

int overlap_measure(const struct bench *bench, const char *engine, struct overlap *overlap)
{
    struct overlap *shared = child_shared_new(sizeof(*shared));
    const char *why;
    int error;
    struct job job = {
        .bench = bench, .engine = engine_find(engine, NULL, &why, &error), .result = shared};
    pid_t server;
    int rc;

    if (!shared || !job.engine) {
        child_shared_free(shared, sizeof(*shared));
        return shared ? error : -ENOMEM;
    }
    rc = delay_files_start(bench, 1, &server);
    if (rc == 0 && child_call(run_in_child, &job) != 0)
        rc = -EIO;
    delay_files_end(server);
    *overlap = *shared;
    child_shared_free(shared, sizeof(*shared));
    return rc;
}
