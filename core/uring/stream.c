/* uring/stream.c: the bytes of one slot's file. See stream.h, and loop.h for the invariants.
 *
 * A block:  FREE -> READING -> READY -> (deliver) -> FREE
 *                    ^  |                  \-> WRITING -> FREE
 *                    +--+ short read, or one to be tried again */
#define _GNU_SOURCE
#include "stream.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/uio.h>
#include <unistd.h>

#include "../base/salvage.h"

enum {
    RETRIES = 3, /* by the ring; after that by a plain call, which waits where the ring gave up */
    HANDLE_BYTES = 256 * 1024, /* delivered between two submissions; 0.15 ms of SHA-256 */
    DIRECT_ALIGN = 4096, /* of offsets and lengths: no device here has larger logical blocks */
};

static uint64_t align_up(uint64_t n)
{
    return (n + DIRECT_ALIGN - 1) & ~(uint64_t)(DIRECT_ALIGN - 1);
}

static void submit_read(struct loop *loop, struct block *block)
{
    struct slot *slot = block->slot;
    struct io_uring_sqe *sqe = ring_sqe(&loop->ring);
    uint64_t offset = slot->seekable ? block->offset + block->got : (uint64_t)-1;
    unsigned len = block->want - block->got;

    if (loop->ring.fixed_buffer)
        io_uring_prep_read_fixed(sqe, slot->fd, block->buf + block->got, len, offset, 0);
    else
        io_uring_prep_read(sqe, slot->fd, block->buf + block->got, len, offset);
    io_uring_sqe_set_data64(sqe, stream_user_data(block, STREAM_READ));
    slot->requests++;
}

static void issue_block(struct loop *loop, struct slot *slot, struct block *block, uint64_t want)
{
    assert(block->state == BLOCK_FREE);
    block->slot = slot;
    block->next = NULL;
    block->offset = slot->issued;
    block->want = want < block->cap ? (uint32_t)want : block->cap;
    block->got = 0;
    block->written = 0;
    block->retries = 0;
    block->end = false;
    block->status = 0;
    block->state = BLOCK_READING;
    if (slot->last)
        slot->last->next = block;
    else
        slot->first = block;
    slot->last = block;
    slot->issued += block->want;
    submit_read(loop, block);
}

bool stream_next_data(struct slot *slot, uint64_t *offset)
{
    off_t data, hole;

    if (*offset < slot->data_end)
        return true;
    data = lseek(slot->fd, (off_t)*offset, SEEK_DATA);
    if (data < 0 && errno == ENXIO)
        return false; /* what comes after the last data has no bytes */
    hole = data < 0 ? -1 : lseek(slot->fd, data, SEEK_HOLE);
    slot->data_end = hole > data ? (uint64_t)hole : UINT64_MAX;
    if (data < 0)
        return true; /* a filesystem that does not tell: all is data */
    *offset = (uint64_t)data;
    return true;
}

static void leave_line(struct loop *loop, struct slot *slot)
{
    struct slot *before = NULL;

    if (!slot->queued)
        return;
    for (struct slot *at = loop->line; at != slot; at = at->next)
        before = at;
    if (before)
        before->next = slot->next;
    else
        loop->line = slot->next;
    if (loop->line_last == slot)
        loop->line_last = before;
    slot->queued = false;
}

static void join_line(struct loop *loop, struct slot *slot)
{
    if (slot->queued)
        return;
    slot->next = NULL;
    if (loop->line_last)
        loop->line_last->next = slot;
    else
        loop->line = slot;
    loop->line_last = slot;
    slot->queued = true;
}

/* Whether there is more to issue ahead of what has been delivered. */
static bool wants_blocks(struct slot *slot)
{
    if (slot->state != SLOT_STREAM || slot->eof || slot->bad || slot->issued >= slot->size)
        return false;
    if (slot->sparse && !stream_next_data(slot, &slot->issued)) {
        slot->issued = slot->size;
        return false;
    }
    return slot->issued < slot->size;
}

/* Issues blocks of the pool to the slot, as many as there are. */
static void issue_blocks(struct loop *loop, struct slot *slot)
{
    while (loop->free_blocks && wants_blocks(slot)) {
        struct block *block = loop->free_blocks;
        uint64_t end = slot->data_end < slot->size ? slot->data_end : slot->size;
        loop->free_blocks = block->next;
        issue_block(loop, slot, block, align_up(end - slot->issued));
    }
}

static void serve_line(struct loop *loop)
{
    while (loop->line && loop->free_blocks) {
        struct slot *slot = loop->line;
        issue_blocks(loop, slot);
        if (wants_blocks(slot))
            return;
        leave_line(loop, slot);
    }
}

void stream_release(struct loop *loop, struct block *block)
{
    bool pooled = block != &block->slot->small_block;

    block->state = BLOCK_FREE;
    if (pooled) {
        block->next = loop->free_blocks;
        loop->free_blocks = block;
        serve_line(loop);
    }
}

void stream_drop(struct loop *loop, struct slot *slot)
{
    leave_line(loop, slot);
    slot->state = SLOT_DRAIN; /* nothing is issued to it any more */
    while (slot->first) {
        struct block *block = slot->first;
        slot->first = block->next;
        stream_release(loop, block);
    }
    slot->last = NULL;
}

static void clear_direct(struct slot *slot)
{
    if (slot->direct)
        (void)fcntl(slot->fd, F_SETFL, 0);
    slot->direct = false;
}

/* Everything up to the size has been delivered. The size is a hint, so ask the file whether it ends
 * here: this does not wait, where there is nothing left to read. */
static void find_end(struct loop *loop, struct slot *slot)
{
    struct block *small = &slot->small_block;

    while (slot->state == SLOT_STREAM && !slot->eof) {
        struct iovec iov = {small->buf, small->cap};
        ssize_t n = preadv2(slot->fd, &iov, 1, (off_t)slot->delivered, RWF_NOWAIT);
        if (n < 0 && errno == EINVAL && slot->direct) {
            clear_direct(slot); /* it grew, and goes on at an odd offset */
            continue;
        }
        if (n < 0) {
            slot->issued = slot->delivered;
            issue_block(loop, slot, small, small->cap);
            return;
        }
        if (n == 0) {
            slot->eof = true;
            return;
        }
        small->offset = slot->delivered;
        small->got = (uint32_t)n;
        if (stream_deliver_block(loop, slot, small) != 0)
            return;
    }
}

void stream_issue(struct loop *loop, struct slot *slot)
{
    bool idle = !slot->first && slot->small_block.state == BLOCK_FREE;

    if (slot->state != SLOT_STREAM || slot->eof)
        return;
    if (!slot->seekable) {
        slot->issued = slot->delivered;
        if (idle)
            issue_block(loop, slot, &slot->small_block, slot->small_block.cap);
    } else if (slot->size <= slot->small_block.cap && !slot->sparse) {
        if (idle && slot->delivered == 0)
            issue_block(loop, slot, &slot->small_block,
                        slot->size ? align_up(slot->size) : slot->small_block.cap);
        else if (idle)
            find_end(loop, slot);
    } else if (wants_blocks(slot)) {
        if (!loop_turn(loop, slot)) {
            /* in ordered mode the oldest file has the whole pool, lest it wait for a younger one's
             * blocks, which wait for it; the younger ones read their first bytes ahead */
            if (idle && slot->issued == 0)
                issue_block(loop, slot, &slot->small_block, slot->small_block.cap);
            return;
        }
        if (!loop->line)
            issue_blocks(loop, slot);
        if (wants_blocks(slot))
            join_line(loop, slot);
    } else if (idle && slot->requests == 0) {
        if (slot->sparse)
            slot->eof = true;
        else
            find_end(loop, slot);
    }
}

void stream_delivered(struct loop *loop, struct slot *slot, uint64_t offset, size_t count)
{
    slot->delivered = offset;
    slot->file->bytes += count;
    loop->stats->bytes_read += count;
    progress_bytes(loop->opts->progress, count);
    loop->handled_bytes += count;
}

int stream_deliver_block(struct loop *loop, struct slot *slot, struct block *block)
{
    int rc = loop->ops->data(loop, slot, block);

    if (rc < 0) {
        slot->state = SLOT_DRAIN;
        return rc;
    }
    stream_delivered(loop, slot, block->offset + block->got, block->got);
    return rc;
}

void stream_keep_busy(struct loop *loop)
{
    if (loop->handled_bytes >= HANDLE_BYTES) {
        loop->handled_bytes = 0;
        ring_flush(&loop->ring);
    }
}

/* Reads what can be read of a block whose read has failed, waiting for it. The block is the next to
 * be delivered. */
static void salvage_block(struct slot *slot, struct block *block)
{
    size_t len = block->want - block->got;
    size_t n = salvage_read(slot->fd, block->buf + block->got, len, block->offset + block->got,
                            &block->status);

    block->got += (uint32_t)n;
    block->end = block->status == 0 && n < len;
    slot->bad = block->status < 0;
}

void stream_deliver(struct loop *loop, struct slot *slot)
{
    while (slot->state == SLOT_STREAM && slot->first && slot->first->state == BLOCK_READY &&
           !slot->eof && loop_turn(loop, slot)) {
        struct block *block = slot->first;
        int rc = 0;

        slot->first = block->next;
        if (!slot->first)
            slot->last = NULL;
        if (block->status < 0)
            salvage_block(slot, block);
        if (block->got > 0)
            rc = stream_deliver_block(loop, slot, block);
        if (block->status < 0)
            slot_fail(slot, STEP_READ, block->status);
        if (block->end)
            slot->eof = true;
        if (rc != 1)
            stream_release(loop, block);
        stream_keep_busy(loop);
    }
}

/* Reads what the ring could not, waiting for it. */
static int read_plainly(const struct slot *slot, struct block *block)
{
    char *buf = block->buf + block->got;
    size_t len = block->want - block->got;
    ssize_t n;

    do
        n = slot->seekable ? pread(slot->fd, buf, len, (off_t)(block->offset + block->got))
                           : read(slot->fd, buf, len);
    while (n < 0 && errno == EINTR);
    return n < 0 ? -errno : (int)n;
}

void stream_read_done(struct loop *loop, struct block *block, int res)
{
    struct slot *slot = block->slot;

    slot->requests--;
    if (slot->state != SLOT_STREAM || slot->eof) {
        block->state = BLOCK_READY; /* dropped when the slot ends */
        return;
    }
    if (res == -EINVAL && (slot->direct || block->retries == 0)) {
        /* O_DIRECT met an offset or a filesystem that cannot: the rest goes through the cache */
        clear_direct(slot);
        block->retries++;
        submit_read(loop, block);
        return;
    }
    if (res == -EINTR || res == -EAGAIN || res == -ENOMEM || res == -ECANCELED) {
        if (block->retries++ < RETRIES) {
            submit_read(loop, block);
            return;
        }
        res = read_plainly(slot, block);
    }
    if (res < 0) {
        /* the file fails when all before this has been delivered */
        block->status = res;
        block->state = BLOCK_READY;
        slot->bad = true;
        return;
    }
    if (res == 0 && slot->regular && slot->size == 0 && block->offset == 0 && block->got == 0) {
        /* FUSE does not even ask about what lies behind the size, where a plain read does: of a
         * filesystem that makes its files up, and says that they are empty, we see nothing */
        slot->first = slot->last = NULL;
        stream_release(loop, block);
        slot->issued = 0;
        slot->plain = true;
        slot->state = SLOT_RESIDENT;
        return;
    }
    block->got += (uint32_t)res;
    if (res > 0 && block->got < block->want && slot->seekable &&
        block->offset + block->got < slot->size) {
        block->retries = 0;
        submit_read(loop, block);
        return;
    }
    block->end = res == 0;
    block->state = BLOCK_READY;
}
