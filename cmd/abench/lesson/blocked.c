/* blocked.c: measures when the reads of slow files are handled, also by a worker that blocks. See
 * blocked.h. */
#define _GNU_SOURCE
#include "blocked.h"
#include "../measure/child.h"
#include "../../../core/engine.h"

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <string.h>
#include <unistd.h>

/* A run, and a sink that notes when a file's bytes come. */
struct run {
    struct sink sink; /* must be first */
    const struct bench *bench;
    const struct engine *engine;
    unsigned files;
    bool blocks;
    double start;
    struct handled *handled;
};
_Static_assert(offsetof(struct run, sink) == 0, "note_data casts a sink to its run");

static int produce(struct feed *feed, void *arg)
{
    const struct run *run = arg;
    struct dir *cwd = dir_cwd();
    int rc = cwd ? 0 : -ENOMEM;

    for (unsigned i = 0; i < run->files && rc == 0; i++) {
        const char *name = delay_files_path(run->bench, i);
        struct file *file = feed_file(feed, cwd, name, strlen(name));
        rc = file ? feed_add(feed, file) : -ENOMEM;
    }
    dir_put(cwd);
    return rc;
}

/* Reads one more slow file as a program does that does not know of the ring. */
static int block(const struct bench *bench, unsigned index)
{
    char bytes[DELAY_FILES_BYTES];
    int fd = open(delay_files_path(bench, index), O_RDONLY | O_CLOEXEC);
    ssize_t n = fd < 0 ? -1 : read(fd, bytes, sizeof(bytes));
    int rc = n < 0 ? -errno : 0;

    if (fd >= 0)
        close(fd);
    return rc;
}

static int note_data(struct sink *sink, struct file *file, const void *bytes, size_t len)
{
    struct run *run = (struct run *)sink;
    struct handled *handled = run->handled;

    (void)file;
    (void)bytes;
    (void)len;
    if (handled->n < DELAY_FILES)
        handled->seconds[handled->n++] = bench_now() - run->start;
    return run->blocks && handled->n == 1 ? block(run->bench, run->files) : 0;
}

static void note_end(struct sink *sink, struct file *file)
{
    (void)sink;
    (void)file;
}

static int run_in_child(void *arg)
{
    struct run *run = arg;
    struct feed_config config = {.keep_order = true, .produce = produce, .arg = run};
    struct engine_opts opts = {.direct = DIRECT_AUTO,
                               .depth = DELAY_FILES,
                               .block_bytes = 65536,
                               .ordered = run->engine == &engine_sync};
    struct sink *sinks[1] = {&run->sink};
    struct stats stats = {0};
    int produced, rc;

    run->start = bench_now();
    rc = engine_process(run->engine, &opts, 1, &config, NULL, sinks, &stats, &produced);
    return rc < 0 || produced < 0 || stats.failed > 0 || run->handled->n != run->files ? 1 : 0;
}

int blocked_measure(const struct bench *bench, const char *engine, unsigned files, bool blocks,
                    struct handled *handled)
{
    struct handled *shared = child_shared_new(sizeof(*shared));
    const char *why;
    int error, rc;
    struct run run = {.sink = {.data = note_data, .end = note_end},
                      .bench = bench,
                      .engine = engine_find(engine, NULL, &why, &error),
                      .files = files,
                      .blocks = blocks,
                      .handled = shared};
    pid_t server;

    if (!shared || !run.engine) {
        child_shared_free(shared, sizeof(*shared));
        return shared ? error : -ENOMEM;
    }
    rc = delay_files_start(bench, files + blocks, &server);
    if (rc == 0 && child_call(run_in_child, &run) != 0)
        rc = -EIO;
    delay_files_end(server);
    *handled = *shared;
    child_shared_free(shared, sizeof(*shared));
    return rc;
}
