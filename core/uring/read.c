/* uring/read.c: the io_uring engine's read: the files of the feed through a loop, into the sink.
 *
 * sync/read.c is the same operation with blocking calls. The difference is all in the loop: while
 * one file's bytes are in the sink, other files and other blocks are on their way. */
#define _GNU_SOURCE
#include "loop.h"
#include "uring.h"

static int read_data(struct loop *loop, struct slot *slot, struct block *block)
{
    struct sink *sink = loop->arg;
    int rc = sink->data(sink, slot->file, block->buf, block->got);

    if (rc < 0)
        file_fail(slot->file, STEP_SINK, rc);
    return rc;
}

static void read_ended(struct loop *loop, struct slot *slot)
{
    struct sink *sink = loop->arg;

    sink->end(sink, slot->file);
}

static const struct loop_ops read_ops = {.data = read_data, .ended = read_ended};

int uring_read(const struct engine_opts *opts, struct feed *feed, struct sink *sink,
               struct stats *stats)
{
    return loop_run(opts, feed, &read_ops, sink, stats);
}
