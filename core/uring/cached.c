/* uring/cached.c: see cached.h. */
#define _GNU_SOURCE
#include "cached.h"

#include <errno.h>
#include <sys/uio.h>
#include <unistd.h>

#include "../base/cache.h"
#include "../base/musl.h"
#include "../base/salvage.h"
#include "open.h"
#include "stream.h"

enum {
    READ_BYTES = 128 * 1024,  /* as sync's */
    STEP_BYTES = 1024 * 1024, /* of one file, before others have their turn */
    /* Of a larger file, cache_resident_end only estimates what is cached. */
    ASKED_BYTES = 32 * 1024 * 1024,
    WAITED_NS = 200000, /* a read of 64 KiB from the page cache takes 10 us */
};

/* Reads a file with plain calls if the page cache has all of it, and its filesystem (overlayfs) or
 * a filter does not let it be read with RWF_NOWAIT. The ring would hand each of these reads to a
 * thread: digests of a cached tree took twice the CPU time. Returns whether it does. */
static bool read_cached(struct loop *loop, struct slot *slot)
{
    if (!S_ISREG(slot->st.st_mode) || loop->opts->direct != DIRECT_AUTO || slot->size == 0 ||
        slot->size > ASKED_BYTES)
        return false;
    slot->cached = cache_resident_end(slot->fd, &slot->st, 0) >= (int64_t)slot->size;
    open_trust(loop, slot, slot->cached);
    if (!slot->cached)
        return false;
    slot_to(slot, SLOT_BLOCKING);
    return true;
}

/* Takes another path after a read has failed: with -EAGAIN, because its bytes are not in the cache.
 */
static void not_cached(struct loop *loop, struct slot *slot, int status)
{
    bool guessed = slot->state == SLOT_GUESSED || slot->unasked;

    loop->last_was_cached = false;
    if (slot->state == SLOT_GUESSED && !open_stat(loop, slot))
        return;
    slot->unasked = false;
    /* filters know no preadv2: EPERM */
    if (status != -EAGAIN && status != -EOPNOTSUPP && status != -ENOSYS && status != -EINVAL &&
        status != -ESPIPE && status != -EPERM) {
        slot_fail(slot, STEP_READ, status);
        return;
    }
    /* a file without RWF_NOWAIT, which the ring would wait for by poll */
    if (status != -EAGAIN && (open_blocking(slot) || read_cached(loop, slot)))
        return;
    slot->probed = guessed && status == -EAGAIN && slot->delivered == 0;
    if (status == -EAGAIN || guessed)
        open_choose_path(loop, slot); /* for the rest */
    /* After -EAGAIN a guessed file is tried once more, if most of it is cached. */
    if (slot_reads_plainly(slot) && (!guessed || status != -EAGAIN))
        open_stream(slot);
}

/* Reads the next bytes, waiting for them only in BLOCKING; else it returns -EAGAIN. Returns the
 * number of bytes or -errno. */
static ssize_t read_plainly(const struct slot *slot, void *buf, size_t len)
{
    struct iovec iov = {buf, len};
    ssize_t n;
    int status;

    if (slot->state != SLOT_BLOCKING) {
        do
            n = preadv2(slot->fd, &iov, 1, (off_t)slot->delivered, RWF_NOWAIT);
        while (n < 0 && errno == EINTR);
        return n < 0 ? -errno : n;
    }
    n = stream_read_blocking(slot, buf, len, slot->delivered);
    if (n >= 0)
        return n;
    status = (int)n;
    n = (ssize_t)salvage_read(slot->fd, buf, len, slot->delivered, &status);
    return n > 0 ? n : status;
}

/* Does the same for a file that was not asked about. If this has waited, the next files are asked
 * about. */
static ssize_t read_trusted(struct loop *loop, struct slot *slot, void *buf, size_t len)
{
    uint64_t start = stats_now_ns();
    ssize_t n = read_plainly(slot, buf, len);

    if (stats_now_ns() - start > WAITED_NS) {
        slot->cached = false;
        open_trust(loop, slot, false);
    }
    return n;
}

/* Ends a file that has been read to its end. */
static void ended(struct loop *loop, struct slot *slot)
{
    bool cached = slot->state != SLOT_BLOCKING || slot->cached;

    loop->last_was_cached = cached;
    loop->to.stats->resident_files += cached;
    stream_ended(slot, slot->delivered);
}

/* Reads a block, and delivers it. */
static void read_block(struct loop *loop, struct slot *slot, struct block *block)
{
    size_t len = block->cap < READ_BYTES ? block->cap : READ_BYTES;
    ssize_t n = stream_next_data(slot, &slot->delivered);

    if (n < 0)
        slot_fail(slot, STEP_READ, (int)n);
    else if (n == 0)
        slot_to(slot, SLOT_DONE);
    if (n <= 0)
        return;
    if (slot->data_end - slot->delivered < len)
        len = (size_t)(slot->data_end - slot->delivered);
    n = slot->trusted ? read_trusted(loop, slot, block->buf, len)
                      : read_plainly(slot, block->buf, len);
    if (n < 0 && slot->state == SLOT_BLOCKING) {
        slot_fail(slot, STEP_READ, (int)n);
        return;
    }
    if (n < 0) {
        not_cached(loop, slot, (int)n);
        return;
    }
    /* it looks empty, or goes on after the first read, as a device may that has replaced a file */
    if (slot->state == SLOT_GUESSED &&
        (slot->delivered == 0 ? n == 0 || (size_t)n == len : n > 0)) {
        if (!open_stat(loop, slot))
            return;
        slot_to(slot, SLOT_INLINE);
    }
    if (n == 0) {
        ended(loop, slot);
        return;
    }
    slot->regular = true; /* or a device that behaves like one */
    block->offset = slot->delivered;
    block->got = (uint32_t)n;
    if (stream_deliver_block(loop, slot, block) < 0)
        return;
    if (slot->state != SLOT_GUESSED &&
        delivery_read_all(&slot->st, (size_t)n, len, slot->delivered))
        ended(loop, slot);
}

bool cached_is_ready(const struct loop *loop, const struct slot *slot)
{
    return slot_reads_plainly(slot) && slot->requests == 0 && loop_turn(loop, slot);
}

void cached_step(struct loop *loop, struct slot *slot)
{
    uint64_t stop = slot->delivered + STEP_BYTES;
    struct block *block = NULL;

    if (!cached_is_ready(loop, slot))
        return;
    if (slot->delivered >= loop->small_bytes) /* it is large */
        block = stream_take(loop, slot);
    if (!block)
        block = &slot->small_block;
    block_to(block, BLOCK_READY);
    while (slot_reads_plainly(slot) && block->state == BLOCK_READY && slot->delivered < stop)
        read_block(loop, slot, block);
    slot->issued = slot->delivered;
    if (block->state == BLOCK_READY) /* and not written by the operation */
        stream_release(loop, block);
}
