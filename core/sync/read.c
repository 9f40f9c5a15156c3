/* sync/read.c: read with blocking calls: one file after the other, one read(2) after the other.
 *
 * uring/read.c is the same operation with a ring. This code is simple on purpose: it is the
 * baseline for the ring. Its only overlap is the kernel's readahead; more workers, one thread each,
 * add some. A file that may never end, such as a FIFO without a writer, does not block the others:
 * poll.h. */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "../base/direct.h"
#include "../crew.h"
#include "poll.h"
#include "source.h"
#include "sync.h"
#include "../base/retry.h"

enum {
    FEED_POLL_MS = 10, /* the producer cannot wake a thread that is in poll(2) */
};

struct run {
    const struct engine_opts *opts;
    struct delivery to;
    struct poll_set set;
    char *buf;
    size_t block;
};

/* Gives the sink what has been read into the buffer. */
static int read_data(struct run *run, struct file *file, size_t len)
{
    int rc = delivery_sink(&run->to, file, run->buf, len);

    if (rc == 0)
        delivery_count(&run->to, file, len);
    return rc;
}

/* Reads a file to its end: waits for a block, delivers it, waits for the next one. */
static void read_file(struct run *run, struct source *source)
{
    size_t n;

    while ((n = source_next(source, run->opts, run->buf, run->block)) > 0)
        if (read_data(run, source->file, n) < 0)
            return;
}

/* Opens a file, and reads it. Puts a FIFO or a device among operands into the poll set, except in
 * ordered mode: then no other file can be delivered meanwhile. */
static void take_file(struct run *run, struct file *file)
{
    bool may_wait = !run->opts->ordered && file->type == DT_UNKNOWN;
    struct source source = {.file = file, .by_offset = file->type == DT_REG};
    struct stat *st = &source.st;

    source.fd = source_open(run->opts, file, may_wait ? O_NONBLOCK : 0);
    if (source.fd < 0) {
        file_fail(file, STEP_OPEN, source.fd);
    } else if (may_wait && fstat(source.fd, st) == 0 &&
               (S_ISFIFO(st->st_mode) || S_ISCHR(st->st_mode)) &&
               poll_set_add(&run->set, file, source.fd) == 0) {
        return;
    } else {
        read_file(run, &source);
        source_close(&source, run->opts, run->to.stats);
    }
    delivery_end(&run->to, file);
}

/* Takes the next file, unless this worker leaves. Returns as feed_next does. */
static int next_file(struct run *run, struct file **file)
{
    if (crew_leaves(run->opts->member))
        return -ENODATA;
    return delivery_next(&run->to, file, run->set.len == 0);
}

int sync_read(const struct engine_opts *opts, struct feed *feed, struct sink *sink,
              struct stats *stats)
{
    struct run run = {
        .opts = opts,
        .to = {.feed = feed, .sink = sink, .stats = stats, .progress = opts->progress},
        .block = source_block_bytes(opts)};
    struct file *file;
    int rc;

    run.buf = direct_alloc(run.block);
    if (!run.buf)
        return -ENOMEM;
    while ((rc = next_file(&run, &file)) == 0 || run.set.len > 0) {
        if (rc == 0)
            take_file(&run, file);
        if (run.set.len == 0)
            continue;
        if (rc < 0)
            delivery_flush(&run.to);
        poll_set_step(&run.set,
                      rc == 0         ? 0
                      : rc == -EAGAIN ? FEED_POLL_MS
                                      : -1,
                      run.buf, run.block, &run.to);
    }
    delivery_flush(&run.to);
    poll_set_free(&run.set);
    free(run.buf);
    return 0;
}
