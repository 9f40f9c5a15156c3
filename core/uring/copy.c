/* uring/copy.c: copy with a ring: many files, and many blocks of a large file, at a time.
 *
 * sync/copy.c is the same operation with blocking calls. The sources come through the loop like
 * those of uring/read.c. Plain calls create and write small destinations: through the ring, ext4
 * gives each such call to a kernel thread, which costs more than it saves. A cold source tree took
 * 4.0-4.9 s with all of it through the ring, 2.4-3.0 s with plain calls. A large file that is not
 * in the cache is written by requests: write.h. */
#define _GNU_SOURCE
#include "../copy/dest.h"
#include "cached.h"
#include "write.h"
#include "stream.h"
#include "uring.h"

enum {
    /* Blocks also wait for their digest. With a digest, 4 GiB took 1.14 times as long with 12
     * blocks of 1 MiB, 1.04 times with 32. Only for a single worker: others have more files, whose
     * waits overlap. */
    DIGEST_POOL_BYTES = 32 * 1024 * 1024,
};

struct copy_slot {
    bool opened; /* dest_open has been called */
    struct dest dest;
    struct write_state write;
};

/* Opens the destination. Returns LOOP_LATER if another file is being copied to it. */
static enum loop_next copy_opened(struct loop *loop, struct slot *slot)
{
    struct copy_slot *op = slot->op;
    int route = dest_open(loop->arg, slot->file, slot->fd, &slot->st, false, &op->dest);

    op->opened = true;
    if (route == DEST_LATER)
        return LOOP_LATER;
    slot->sparse = op->dest.sparse;
    slot->data_end = op->dest.sparse ? 0 : UINT64_MAX;
    return route == DEST_WRITE || route == DEST_READ ? LOOP_READ : LOOP_END;
}

/* Until a FIFO has a writer, an existing destination keeps its contents. One more name of a FIFO
 * becomes a link. */
static bool copy_awaits_writer(struct loop *loop, struct slot *slot)
{
    return dest_wants_bytes(loop->arg) && !dest_link_possible(loop->arg, slot->file, &slot->st);
}

/* Lets the kernel copy the next bytes if they are in the page cache. Returns whether it did. */
static bool copy_offload(struct loop *loop, struct slot *slot)
{
    struct copy_slot *op = slot->op;
    size_t moved = 0;

    if (slot->state == SLOT_INLINE && cached_is_ready(loop, slot) &&
        stream_next_data(slot, &slot->delivered) > 0)
        moved = dest_offload(slot->file, &op->dest, slot->delivered, slot->data_end);
    if (moved == 0)
        return false;
    op->write.decided = true; /* it is in the cache now: write the rest through it, too */
    loop->to.stats->bytes_written += moved;
    stream_delivered(loop, slot, slot->delivered + moved, moved);
    slot->issued = slot->delivered;
    return true;
}

/* Copies a block that a request or a plain call has read; the loop counts it. */
static int copy_data(struct loop *loop, struct slot *slot, struct block *block)
{
    struct copy_slot *op = slot->op;
    int rc = dest_take(loop->arg, &op->dest, &loop->to, slot->file, block->buf, block->got,
                       block->offset);

    if (rc == 0)
        rc = write_block(loop, block, &op->write, &op->dest);
    if (rc == 0)
        rc = dest_put(&op->dest, &loop->to, slot->file, block->buf, block->got, block->offset);
    return rc < 0 ? rc : 0;
}

/* Moves a file on as far as it goes without waiting: see read_file. */
static void copy_file(struct loop *loop, struct slot *slot)
{
    if (!copy_offload(loop, slot))
        cached_step(loop, slot);
    stream_deliver(loop, slot);
    stream_issue(loop, slot);
}

/* Ends the destination, when no request of the file is in flight. */
static void copy_ended(struct loop *loop, struct slot *slot)
{
    struct copy_slot *op = slot->op;

    if (!op->opened) {
        dest_give_up_claim(loop->arg, slot->file);
        return;
    }
    if (slot->file->status == 0)
        (void)write_tail(&op->write, &op->dest, &loop->to, slot->file);
    dest_end(loop->arg, slot->file, &slot->st, &op->dest, &loop->to, slot->delivered);
}

int uring_copy(const struct engine_opts *opts, struct feed *feed, struct copy *copy,
               struct sink *sink, struct stats *stats)
{
    struct delivery to = {.feed = feed, .sink = sink, .stats = stats, .progress = opts->progress};
    struct loop_ops ops = {
        .slot_bytes = sizeof(struct copy_slot),
        .pool_bytes = sink && opts->workers == 1 ? DIGEST_POOL_BYTES : 0,
        .opened = copy_opened,
        .awaits_writer = copy_awaits_writer,
        .data = copy_data,
        .file = copy_file,
        .ended = copy_ended,
    };

    return loop_run(opts, &ops, copy, &to);
}
