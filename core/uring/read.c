/* uring/read.c: read with a ring: many files, and many blocks of a large file, at a time.
 *
 * sync/read.c is the same operation with blocking calls. There read_file waits in read(2). Here it
 * never waits: the loop (loop.h) calls it again when one of the file's requests has completed, and
 * works on other files meanwhile. */
#define _GNU_SOURCE
#include "cached.h"
#include "stream.h"
#include "uring.h"

/* Gives the sink a block that has come in; the loop counts it. */
static int read_data(struct loop *loop, struct slot *slot, struct block *block)
{
    return delivery_sink(&loop->to, slot->file, block->buf, block->got);
}

/* Reads cached bytes now, delivers completed blocks in the file's order, then requests more. Never
 * waits. */
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
