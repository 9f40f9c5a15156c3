/* uring/stream.c: see stream.h, and loop.h for the invariants. */
#define _GNU_SOURCE
#include "stream.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/uio.h>
#include <unistd.h>

#include "../base/direct.h"
#include "../base/extents.h"
#include "../base/filesystem.h"
#include "../base/musl.h"
#include "../base/salvage.h"

enum {
    SUBMIT_BYTES = 256 * 1024, /* delivered between two submissions; 0.15 ms of SHA-256 */
    /* reads into large blocks, before these are registered. That pins and zeroes all of them, 12
     * MiB, which a small job would notice. It saves looking up the pages for each direct read: 0.25
     * of 2.8 CPU seconds on a 4 GiB file. */
    REGISTER_AFTER = 64,
};

/* Requests a read; of a FIFO, a poll: io-wq would read the FIFO's end, and keep it open after the
 * completion, so that the next writer found a reader that is gone. */
static void request_read(struct loop *loop, struct block *block)
{
    struct slot *slot = block->slot;
    struct io_uring_sqe *sqe = ring_sqe(&loop->ring);
    uint64_t offset = slot_is_seekable(slot) ? block->offset + block->got : (uint64_t)-1;
    unsigned len = block->want - block->got;

    if (S_ISFIFO(slot->st.st_mode))
        io_uring_prep_poll_add(sqe, slot->fd, POLLIN);
    else if (ring_registered(&loop->ring, block->buf))
        io_uring_prep_read_fixed(sqe, slot->fd, block->buf + block->got, len, offset, 0);
    else
        io_uring_prep_read(sqe, slot->fd, block->buf + block->got, len, offset);
    loop_request(sqe, block, REQUEST_READ);
}

/* Issues a free block for the next want bytes, or as many as fit. */
static void issue_block(struct loop *loop, struct block *block, uint64_t want)
{
    struct slot *slot = block->slot;

    block->offset = slot->issued;
    block->want = want < block->cap ? (uint32_t)want : block->cap;
    block->got = 0;
    block->written = 0;
    block->retries = 0;
    block->end = false;
    block->status = 0;
    block_to(block, BLOCK_READING);
    STAILQ_INSERT_TAIL(&slot->undelivered, block, entry);
    slot->issued += block->want;
    if (block != &slot->small_block && ++loop->large_reads == REGISTER_AFTER)
        ring_register(&loop->ring, loop->memory, (size_t)loop->block_count * loop->block_bytes);
    request_read(loop, block);
}

int stream_next_data(struct slot *slot, uint64_t *offset)
{
    return *offset < slot->data_end ? 1 : extents_next(slot->fd, offset, &slot->data_end);
}

static void wait_for_block(struct loop *loop, struct slot *slot)
{
    if (!slot->waits)
        TAILQ_INSERT_TAIL(&loop->waiters, slot, waiter);
    slot->waits = true;
}

static void stop_waiting(struct loop *loop, struct slot *slot)
{
    if (slot->waits)
        TAILQ_REMOVE(&loop->waiters, slot, waiter);
    slot->waits = false;
}

/* Returns whether blocks can be issued ahead of what has been delivered. */
static bool wants_blocks(struct slot *slot)
{
    if (slot->state != SLOT_STREAM || slot->read_failed || slot->issued >= slot->size)
        return false;
    if (stream_next_data(slot, &slot->issued) <= 0)
        slot->issued = slot->size; /* find_sparse_end asks again */
    return slot->issued < slot->size;
}

struct block *stream_take(struct loop *loop, struct slot *slot)
{
    struct block *block = STAILQ_FIRST(&loop->free_blocks);

    if (!block)
        return NULL;
    assert(!block->slot && block->state == BLOCK_FREE);
    STAILQ_REMOVE_HEAD(&loop->free_blocks, entry);
    block->slot = slot;
    return block;
}

/* Issues blocks of the pool to the slot, as many as are free. */
static void issue_blocks(struct loop *loop, struct slot *slot)
{
    while (!STAILQ_EMPTY(&loop->free_blocks) && wants_blocks(slot)) {
        uint64_t end = slot->data_end < slot->size ? slot->data_end : slot->size;
        issue_block(loop, stream_take(loop, slot), direct_align(end - slot->issued));
    }
}

/* Issues free blocks to the slots that wait for them. */
static void serve_waiters(struct loop *loop)
{
    struct slot *slot;

    while ((slot = TAILQ_FIRST(&loop->waiters)) && !STAILQ_EMPTY(&loop->free_blocks)) {
        issue_blocks(loop, slot);
        if (wants_blocks(slot))
            return;
        stop_waiting(loop, slot);
    }
}

void stream_release(struct loop *loop, struct block *block)
{
    block_to(block, BLOCK_FREE);
    if (block == &block->slot->small_block)
        return;
    block->slot = NULL;
    STAILQ_INSERT_HEAD(&loop->free_blocks, block, entry);
    serve_waiters(loop);
}

void stream_drop(struct loop *loop, struct slot *slot)
{
    struct block *block;

    assert(slot->state == SLOT_DONE); /* nothing is issued to it any more */
    stop_waiting(loop, slot);
    while ((block = STAILQ_FIRST(&slot->undelivered))) {
        STAILQ_REMOVE_HEAD(&slot->undelivered, entry);
        stream_release(loop, block);
    }
}

/* Reads the rest of the file through the cache. */
static void clear_direct(struct slot *slot)
{
    if (slot->direct)
        (void)fcntl(slot->fd, F_SETFL, 0);
    slot->direct = false;
}

/* Tells whether there may be bytes at offset although a request has found none. FUSE cuts requests
 * off at the size that its filesystem tells, rounded up to pages; a plain read it passes on. */
static bool may_be_cut(struct loop *loop, const struct slot *slot, uint64_t offset)
{
    if (!slot->regular || slot->sparse || offset % DIRECT_ALIGN != 0 || offset < slot->size)
        return false;
    if (loop->fuse_dev != slot->st.st_dev) {
        loop->fuse_dev = slot->st.st_dev;
        loop->on_fuse = filesystem_is_fuse(slot->fd);
    }
    return loop->on_fuse;
}

/* Finds out whether a file ends at its size, which is a hint, after everything before that has been
 * delivered. This does not wait if there is nothing left to read, except on FUSE. */
static void find_end(struct loop *loop, struct slot *slot)
{
    struct block *small = &slot->small_block;

    while (slot->state == SLOT_STREAM) {
        struct iovec iov = {small->buf, small->cap};
        ssize_t n = preadv2(slot->fd, &iov, 1, (off_t)slot->delivered, RWF_NOWAIT);
        if (n < 0 && errno == EINVAL && slot->direct) {
            clear_direct(slot); /* it grew, and goes on at an offset that is not aligned */
            continue;
        }
        if (n < 0 && may_be_cut(loop, slot, slot->delivered)) {
            clear_direct(slot);
            slot_to(slot, SLOT_BLOCKING);
            return;
        }
        if (n < 0) {
            slot->issued = slot->delivered;
            issue_block(loop, small, small->cap);
            return;
        }
        if (n == 0) {
            slot_to(slot, SLOT_DONE);
            return;
        }
        block_to(small, BLOCK_READY);
        small->offset = slot->delivered;
        small->got = (uint32_t)n;
        (void)stream_deliver_block(loop, slot, small);
        if (small->state != BLOCK_READY)
            return; /* the operation writes it */
        stream_release(loop, small);
    }
}

/* Does the same for a sparse file, whose last hole is not read, but bytes that have been appended
 * are. */
static void find_sparse_end(struct loop *loop, struct slot *slot)
{
    uint64_t offset = slot->delivered;
    int rc = extents_next(slot->fd, &offset, &slot->data_end);

    if (rc < 0) {
        slot_fail(slot, STEP_READ, rc);
    } else if (rc == 0) {
        slot->delivered = offset;
        slot_to(slot, SLOT_DONE);
    } else {
        uint64_t len = slot->data_end - offset;
        slot->issued = offset;
        issue_block(loop, &slot->small_block, len < DIRECT_ALIGN ? DIRECT_ALIGN : len);
    }
}

void stream_issue(struct loop *loop, struct slot *slot)
{
    struct block *small = &slot->small_block;
    bool idle = STAILQ_EMPTY(&slot->undelivered) && small->state == BLOCK_FREE;

    if (slot->state != SLOT_STREAM)
        return;
    if (!slot_is_seekable(slot)) {
        slot->issued = slot->delivered;
        if (idle)
            issue_block(loop, small, small->cap);
    } else if (slot->size <= small->cap && !slot->sparse) {
        if (idle && slot->delivered == 0) /* one more byte, so that the read is a short one */
            issue_block(loop, small, slot->size ? direct_align(slot->size + 1) : small->cap);
        else if (idle)
            find_end(loop, slot);
    } else if (wants_blocks(slot)) {
        if (!loop_turn(loop, slot)) {
            /* In ordered mode the oldest file has the whole pool: otherwise it could wait for the
             * blocks of a younger one, which waits for it. Younger files read their first bytes
             * ahead. */
            if (idle && slot->issued == 0)
                issue_block(loop, small, small->cap);
            return;
        }
        if (TAILQ_EMPTY(&loop->waiters))
            issue_blocks(loop, slot);
        if (wants_blocks(slot))
            wait_for_block(loop, slot);
    } else if (idle && slot->requests == 0) {
        if (slot->sparse)
            find_sparse_end(loop, slot);
        else
            find_end(loop, slot);
    }
}

void stream_delivered(struct loop *loop, struct slot *slot, uint64_t offset, size_t count)
{
    slot->delivered = offset;
    slot->data_delivered = offset;
    loop->handled_bytes += count;
    delivery_count(&loop->to, slot->file, count);
}

void stream_ended(struct slot *slot, uint64_t offset)
{
    if (slot->sparse)
        slot->delivered = extents_end(slot->fd, slot->data_delivered, offset);
    slot_to(slot, SLOT_DONE);
}

int stream_deliver_block(struct loop *loop, struct slot *slot, struct block *block)
{
    uint64_t end = block->offset + block->got;
    size_t got = block->got;
    int rc = loop->ops->data(loop, slot, block);

    if (rc < 0)
        slot_to(slot, SLOT_DONE);
    else
        stream_delivered(loop, slot, end, got);
    return rc;
}

void stream_keep_busy(struct loop *loop)
{
    if (loop->handled_bytes >= SUBMIT_BYTES) {
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
    slot->read_failed = block->status < 0;
}

void stream_deliver(struct loop *loop, struct slot *slot)
{
    struct block *block;
    uint64_t end;

    while (slot->state == SLOT_STREAM && loop_turn(loop, slot) &&
           (block = STAILQ_FIRST(&slot->undelivered)) && block->state == BLOCK_READY) {
        STAILQ_REMOVE_HEAD(&slot->undelivered, entry);
        if (block->status < 0)
            salvage_block(slot, block);
        end = block->offset + block->got;
        if (block->got > 0)
            (void)stream_deliver_block(loop, slot, block);
        if (block->status < 0)
            slot_fail(slot, STEP_READ, block->status);
        else if (block->end && slot->state != SLOT_DONE)
            stream_ended(slot, end);
        if (block->state == BLOCK_READY)
            stream_release(loop, block);
        stream_keep_busy(loop);
    }
}

ssize_t stream_read_blocking(const struct slot *slot, void *buf, size_t len, uint64_t offset)
{
    ssize_t n;

    do {
        n = slot_is_seekable(slot) ? pread(slot->fd, buf, len, (off_t)offset)
                                   : read(slot->fd, buf, len);
        if (n < 0 && errno == ESPIPE) /* trace_pipe, say */
            n = read(slot->fd, buf, len);
    } while (n < 0 && errno == EINTR);
    return n < 0 ? -errno : n;
}

/* Reads from a FIFO that a poll has found ready. Opened without waiting for a writer, it is ready
 * only when there has been one. If the poll has failed, polls again by a plain call. Returns the
 * number of bytes or -errno; -EAGAIN: another process has read the bytes. */
static int read_fifo(const struct slot *slot, struct block *block, int polled)
{
    if (polled < 0)
        (void)poll(&(struct pollfd){.fd = slot->fd, .events = POLLIN}, 1, -1);
    return (int)stream_read_blocking(slot, block->buf, block->want, 0);
}

void stream_read_done(struct loop *loop, struct block *block, int res)
{
    struct slot *slot = block->slot;

    if (slot->state != SLOT_STREAM) {
        block_to(block, BLOCK_READY); /* dropped when the slot ends */
        return;
    }
    if (S_ISFIFO(slot->st.st_mode) && (res = read_fifo(slot, block, res)) == -EAGAIN) {
        request_read(loop, block);
        return;
    }
    if (res == -EINVAL && (slot->direct || block->retries == 0)) {
        /* O_DIRECT is refused, by the filesystem or for this offset */
        clear_direct(slot);
        block->retries++;
        request_read(loop, block);
        return;
    }
    if (ring_may_repeat(res)) {
        if (block->retries++ < BLOCK_RETRIES) {
            request_read(loop, block);
            return;
        }
        res = (int)stream_read_blocking(slot, block->buf + block->got, block->want - block->got,
                                        block->offset + block->got);
    }
    if (res < 0) {
        /* the file fails when all bytes before these have been delivered */
        block->status = res;
        block_to(block, BLOCK_READY);
        slot->read_failed = true;
        return;
    }
    if (res == 0 && slot->regular && slot->size == 0 && block->offset == 0 && block->got == 0) {
        /* Some filesystems make their files up, and call them empty. */
        assert(STAILQ_FIRST(&slot->undelivered) == block && !STAILQ_NEXT(block, entry));
        STAILQ_INIT(&slot->undelivered);
        stream_release(loop, block);
        slot->issued = 0;
        slot_to(slot, SLOT_BLOCKING);
        return;
    }
    block->got += (uint32_t)res;
    if (res > 0 && block->got < block->want && slot_is_seekable(slot) &&
        block->offset + block->got < slot->size) {
        block->retries = 0;
        request_read(loop, block);
        return;
    }
    /* A block that was read ahead does not tell it: the file may have grown since. */
    block->end = (res == 0 || (block->offset == 0 && delivery_read_all(&slot->st, block->got,
                                                                       block->want, block->got))) &&
                 !may_be_cut(loop, slot, block->offset + block->got);
    block_to(block, BLOCK_READY);
}
