/* uring/read.c: read with a ring: many files, and many blocks of a large file, at a time.
 *
 * sync/read.c is the same operation with blocking calls. read_file there waits in read(2); here it
 * never waits, but is called again when one of the file's requests has completed. Meanwhile the
 * loop (loop.h) moves other files on. */
#define _GNU_SOURCE
#include "cached.h"
#include "stream.h"
#include "uring.h"

/* Gives the sink a block that has come in; the loop counts it. */
static int read_data(struct loop *loop, struct slot *slot, struct block *block)
{
    return delivery_sink(&loop->to, slot->file, block->buf, block->got);
}

/* Moves a file on as far as it goes without waiting: reads what is in the page cache at once,
 * delivers the blocks that have come in and are next in the file, requests further ones. */
static void read_file(struct loop *loop, struct slot *slot)
{
    cached_step(loop, slot);
    stream_deliver(loop, slot);
    stream_issue(loop, slot);
}

int uring_read(const struct engine_opts *opts, struct feed *feed, struct sink *sink,
               struct stats *stats)
{
    static const struct loop_ops ops = {.data = read_data, .file = read_file};
    struct delivery to = {.feed = feed, .sink = sink, .stats = stats, .progress = opts->progress};

    return loop_run(opts, &ops, NULL, &to);
}
