/* uring/cached.c: reading by plain calls what is in the page cache. See cached.h. */
#define _GNU_SOURCE
#include "cached.h"

#include <errno.h>
#include <sys/uio.h>
#include <unistd.h>

#include "../base/salvage.h"
#include "open.h"
#include "stream.h"

enum {
    READ_BYTES = 128 * 1024, /* as sync's */
    STEP_BYTES = 1024 * 1024,
};

/* The next bytes are not in the cache after all, or status says something else. */
static void not_cached(struct loop *loop, struct slot *slot, int status)
{
    bool unseen = !slot->stated;

    loop->last_was_resident = false;
    if (unseen && !open_stat(loop, slot))
        return;
    if (status != -EAGAIN && status != -EOPNOTSUPP && status != -ENOSYS && status != -EINVAL &&
        status != -ESPIPE) {
        slot_fail(slot, STEP_READ, status);
        return;
    }
    slot->issued = slot->delivered;
    /* without RWF_NOWAIT the ring would wait by poll */
    if (status != -EAGAIN && open_waits_on_poll(slot)) {
        open_plain(slot);
        return;
    }
    slot->probed = unseen && status == -EAGAIN && slot->delivered == 0;
    if (status == -EAGAIN)
        open_choose_path(loop, slot); /* for the rest */
    /* the cache has been asked: now something has to be waited for */
    if (slot->state == SLOT_RESIDENT && (!unseen || status != -EAGAIN))
        open_stream(loop, slot);
}

/* Like pread; files that cannot be read at a place (trace_pipe) are read where they stand. Returns
 * -errno if it fails. */
static ssize_t read_plainly(int fd, void *buf, size_t len, uint64_t offset)
{
    ssize_t n = pread(fd, buf, len, (off_t)offset);
    int status;

    if (n < 0 && errno == ESPIPE)
        n = read(fd, buf, len);
    if (n >= 0 || errno == EINTR)
        return n < 0 ? -errno : n;
    status = -errno;
    n = (ssize_t)salvage_read(fd, buf, len, offset, &status);
    return n > 0 ? n : status;
}

static void cached_ended(struct loop *loop, struct slot *slot)
{
    slot->eof = true;
    slot->issued = slot->delivered;
    loop->last_was_resident = !slot->plain;
    loop->stats->resident_files += !slot->plain;
}

static void cached_read(struct loop *loop, struct slot *slot, struct block *block)
{
    uint64_t stop = slot->delivered + STEP_BYTES;
    uint32_t cap = block->cap < READ_BYTES ? block->cap : READ_BYTES;

    while (slot->delivered < stop) {
        struct iovec iov = {block->buf, cap};
        ssize_t n;

        if (slot->sparse && !stream_next_data(slot, &slot->delivered)) {
            slot->eof = true;
            break;
        }
        if (slot->data_end - slot->delivered < iov.iov_len)
            iov.iov_len = slot->data_end - slot->delivered;
        n = slot->plain ? read_plainly(slot->fd, iov.iov_base, iov.iov_len, slot->delivered)
                        : preadv2(slot->fd, &iov, 1, (off_t)slot->delivered, RWF_NOWAIT);
        if (n < 0) {
            int status = slot->plain ? (int)n : -errno;
            if (status != -EINTR && slot->plain)
                slot_fail(slot, STEP_READ, status);
            else if (status != -EINTR)
                not_cached(loop, slot, status);
            if (slot->state != SLOT_RESIDENT)
                return;
            continue;
        }
        /* it looks empty, or goes on after the first read: a device that replaced a file does, too
         */
        if (!slot->stated && (slot->delivered == 0 ? n == 0 || (size_t)n == iov.iov_len : n > 0) &&
            !open_stat(loop, slot))
            return;
        if (n == 0)
            return cached_ended(loop, slot);
        slot->regular = true; /* or a device that behaves like one */
        block->offset = slot->delivered;
        block->got = (uint32_t)n;
        if (stream_deliver_block(loop, slot, block) != 0)
            return; /* the operation keeps the block, or the file has failed */
        /* a short read that ends where the file's size says so: another one would return nothing */
        if ((size_t)n < iov.iov_len && slot->stated && S_ISREG(slot->st.st_mode) &&
            slot->delivered == slot->size)
            return cached_ended(loop, slot);
    }
    slot->issued = slot->delivered;
}

/* Has the operation itself take the next bytes. Returns whether it did, or failed. */
static bool cached_move(struct loop *loop, struct slot *slot)
{
    ssize_t moved = 0;

    if (loop->ops->move && !slot->plain &&
        (!slot->sparse || stream_next_data(slot, &slot->delivered)))
        moved = loop->ops->move(loop, slot);
    if (moved > 0)
        stream_delivered(loop, slot, slot->delivered + (uint64_t)moved, (size_t)moved);
    else if (moved < 0)
        slot->state = SLOT_DRAIN;
    slot->issued = slot->delivered;
    return moved != 0;
}

void cached_step(struct loop *loop, struct slot *slot)
{
    struct block *block = loop->free_blocks;

    if (cached_move(loop, slot))
        return;
    if (slot->delivered < loop->small_bytes || !block) {
        cached_read(loop, slot, &slot->small_block);
        return;
    }
    loop->free_blocks = block->next;
    block->slot = slot;
    cached_read(loop, slot, block);
    if (block->state == BLOCK_FREE)
        stream_release(loop, block);
}
