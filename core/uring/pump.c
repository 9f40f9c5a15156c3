/* uring/pump.c: the life of a slot, from the feed to the end of its file. See pump.h. */
#define _GNU_SOURCE
#include "pump.h"

#include <dirent.h>
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/uio.h>
#include <unistd.h>

#include "../base/cache.h"
#include "../base/salvage.h"
#include "open.h"
#include "stream.h"

enum {
    DEPTH_DEFAULT = 128,
    DEPTH_MAX = 4096,       /* with the pool a quarter of the largest ring */
    HEAD_BYTES = 64 * 1024, /* 97% of a source tree's files fit */
    /* in flight for large files: hashing 4 GiB cold took 5% longer with 16 blocks of 512 KiB, and
     * with 16 of 1 MiB no less */
    BLOCK_BYTES_DEFAULT = 1024 * 1024,
    POOL_BYTES = 12 * 1024 * 1024,
    BLOCK_BYTES_MAX = 64 * 1024 * 1024,
    POOL_BYTES_MAX = 256 * 1024 * 1024,
    PROBED_BYTES = 1024 * 1024,       /* the kernel's first readahead is no longer */
    TAKE_AT_ONCE = 64,                /* resident files handled between two looks at the ring */
    RESIDENT_READ_BYTES = 128 * 1024, /* as sync's */
    RESIDENT_AT_ONCE = 1024 * 1024,   /* bytes of one of them */
    PARKED_POLL_MS = 1,
    FEED_POLL_MS = 10, /* the producer cannot wake a thread that waits on the ring */
};

static void slot_take(struct pump *pump, struct file *file)
{
    struct slot *slot = pump->free_slots;
    struct block *head = &slot->head;
    void *op = slot->op;
    char *buf = head->buf;

    pump->free_slots = slot->next;
    memset(slot, 0, sizeof(*slot));
    slot->op = op;
    if (op)
        memset(op, 0, pump->ops->slot_bytes);
    head->slot = slot;
    head->buf = buf;
    head->cap = pump->head_bytes;
    slot->file = file;
    slot->fd = -1;
    slot->data_end = UINT64_MAX;
    pump->active++;
    slot->older = pump->youngest;
    if (pump->youngest)
        pump->youngest->younger = slot;
    else
        pump->oldest = slot;
    pump->youngest = slot;

    slot->regular = file->type == DT_REG;
    if (pump->opts->ordered && slot != pump->oldest)
        open_look(pump, slot);
    else
        open_start(pump, slot);
}

/* The next bytes are not in the cache after all, or status says something else. */
static void not_resident(struct pump *pump, struct slot *slot, int status)
{
    bool unseen = !slot->stated;

    pump->last_was_resident = false;
    if (unseen && !open_stat(pump, slot))
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
        open_choose_path(pump, slot); /* for the rest */
    /* the cache has been asked: now something has to be waited for */
    if (slot->state == SLOT_RESIDENT && (!unseen || status != -EAGAIN))
        open_stream(pump, slot);
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

static void resident_ended(struct pump *pump, struct slot *slot)
{
    slot->eof = true;
    slot->issued = slot->delivered;
    pump->last_was_resident = !slot->plain;
    pump->stats->resident_files += !slot->plain;
}

static void resident_read(struct pump *pump, struct slot *slot, struct block *block)
{
    uint64_t stop = slot->delivered + RESIDENT_AT_ONCE;
    uint32_t cap = block->cap < RESIDENT_READ_BYTES ? block->cap : RESIDENT_READ_BYTES;

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
                not_resident(pump, slot, status);
            if (slot->state != SLOT_RESIDENT)
                return;
            continue;
        }
        /* it looks empty, or goes on after the first read: a device that replaced a file does, too
         */
        if (!slot->stated && (slot->delivered == 0 ? n == 0 || (size_t)n == iov.iov_len : n > 0) &&
            !open_stat(pump, slot))
            return;
        if (n == 0)
            return resident_ended(pump, slot);
        slot->regular = true; /* or a device that behaves like one */
        block->offset = slot->delivered;
        block->got = (uint32_t)n;
        if (stream_deliver_block(pump, slot, block) != 0)
            return; /* the operation keeps the block, or the file has failed */
        /* a short read that ends where the file's size says so: another one would return nothing */
        if ((size_t)n < iov.iov_len && slot->stated && S_ISREG(slot->st.st_mode) &&
            slot->delivered == slot->size)
            return resident_ended(pump, slot);
    }
    slot->issued = slot->delivered;
}

/* Has the operation itself take the next bytes. Returns whether it did, or failed. */
static bool resident_move(struct pump *pump, struct slot *slot)
{
    ssize_t moved = 0;

    if (pump->ops->move && !slot->plain &&
        (!slot->sparse || stream_next_data(slot, &slot->delivered)))
        moved = pump->ops->move(pump, slot);
    if (moved > 0)
        stream_delivered(pump, slot, slot->delivered + (uint64_t)moved, (size_t)moved);
    else if (moved < 0)
        slot->state = SLOT_DRAIN;
    slot->issued = slot->delivered;
    return moved != 0;
}

/* Takes what is in the page cache by plain calls, a bounded part of it at a time; a large file's in
 * larger pieces than fit the head. */
static void resident_step(struct pump *pump, struct slot *slot)
{
    struct block *block = pump->free_blocks;

    if (resident_move(pump, slot))
        return;
    if (slot->delivered < pump->head_bytes || !block) {
        resident_read(pump, slot, &slot->head);
        return;
    }
    pump->free_blocks = block->next;
    block->slot = slot;
    resident_read(pump, slot, block);
    if (block->state == BLOCK_FREE)
        stream_release(pump, block);
}

static void unlink_taken(struct pump *pump, struct slot *slot)
{
    if (slot->older)
        slot->older->younger = slot->younger;
    else
        pump->oldest = slot->younger;
    if (slot->younger)
        slot->younger->older = slot->older;
    else
        pump->youngest = slot->older;
}

static void slot_end(struct pump *pump, struct slot *slot)
{
    struct file *file = slot->file;

    stream_drop(pump, slot);
    pump->ops->ended(pump, slot);
    /* what the kernel has read ahead for a read that would not wait is not to stay */
    if (slot->direct && slot->probed)
        cache_drop(slot->fd, 0, PROBED_BYTES);
    if (slot->fd >= 0)
        close(slot->fd);
    pump->stats->files++;
    pump->stats->failed += file->status < 0;
    if (slot->direct)
        pump->stats->direct_bytes += file->bytes;
    feed_done(pump->feed, file);
    unlink_taken(pump, slot);
    slot->state = SLOT_FREE;
    slot->next = pump->free_slots;
    pump->free_slots = slot;
    pump->active--;
}

static bool slot_finished(const struct slot *slot)
{
    return slot->requests == 0 && (slot->state == SLOT_DRAIN || slot->eof);
}

/* Moves a slot on as far as it goes without waiting. */
static void slot_advance(struct pump *pump, struct slot *slot)
{
    if (slot->state == SLOT_RESIDENT && slot->requests == 0 && pump_turn(pump, slot))
        resident_step(pump, slot);
    if (slot->state == SLOT_STREAM) {
        stream_deliver(pump, slot);
        stream_issue(pump, slot);
    }
    if (slot_finished(slot))
        slot_end(pump, slot);
}

static void request_done(void *arg, uint64_t user_data, int res)
{
    struct pump *pump = arg;
    struct block *block = (struct block *)(uintptr_t)(user_data & ~(uint64_t)STREAM_REQUEST_MASK);
    struct slot *slot = block->slot;

    switch (user_data & STREAM_REQUEST_MASK) {
    case STREAM_OPEN:
        slot->requests--;
        if (slot->state == SLOT_LOOKING)
            open_looked(slot, res);
        else
            open_requested(pump, slot, res);
        break;
    case STREAM_POLL:
        slot->requests--;
        slot->state = SLOT_STREAM;
        if (res < 0) /* no memory: then poll, and not a read that would find the FIFO's end */
            (void)poll(&(struct pollfd){.fd = slot->fd, .events = POLLIN}, 1, -1);
        break;
    case STREAM_READ:
        stream_read_done(pump, block, res);
        break;
    case STREAM_WRITE:
        stream_write_done(pump, block, res);
        break;
    }
    slot_advance(pump, slot);
    stream_keep_busy(pump);
}

/* Fills free slots. Waits for the feed only when there is nothing else to wait for. */
static void take_files(struct pump *pump)
{
    for (int i = 0; i < TAKE_AT_ONCE && pump->free_slots && !pump->feed_ended; i++) {
        struct slot *slot = pump->free_slots;
        struct file *file;
        int rc = feed_next(pump->feed, &file, pump->active == 0);
        if (rc == -EAGAIN)
            return;
        if (rc < 0) {
            pump->feed_ended = true;
            return;
        }
        slot_take(pump, file);
        slot_advance(pump, slot);
    }
}

/* Moves on what does not wait for the ring. Returns whether there is more of that. */
static bool advance_waiting(struct pump *pump)
{
    bool more = false;
    bool may_open = pump->opts->ordered; /* all older ones are known to be regular */
    struct slot *slot = pump->oldest;

    while (slot) {
        struct slot *younger = slot->younger;
        bool oldest = slot == pump->oldest;
        bool moved = slot->state == SLOT_PARKED || slot->state == SLOT_LOOKED;
        if (slot->state == SLOT_PARKED) {
            pump->parked--;
            open_ask(pump, slot);
        } else if (slot->state == SLOT_LOOKED && may_open && (slot->regular || oldest)) {
            open_start(pump, slot);
        }
        may_open = may_open && slot->regular && slot->state != SLOT_LOOKED;
        if (moved || (oldest && pump->opts->ordered) ||
            (slot->state == SLOT_RESIDENT && slot->requests == 0))
            slot_advance(pump, slot);
        more |= slot->state == SLOT_RESIDENT && slot->requests == 0 && pump_turn(pump, slot);
        slot = younger;
    }
    return more;
}

static void close_opened(uint64_t user_data, int res)
{
    if ((user_data & STREAM_REQUEST_MASK) == STREAM_OPEN && res >= 0)
        close(res);
}

/* The ring takes no more requests: what it has taken comes in, and all files fail. */
static void fail_all(struct pump *pump)
{
    /* all of them first: as long as one can be read, the blocks of another would be issued to it */
    for (struct slot *slot = pump->oldest; slot; slot = slot->younger)
        slot_fail(slot, STEP_READ, pump->broken);
    if (!ring_drain(&pump->ring, close_opened))
        pump->memory = NULL; /* left to the process's end */
    while (pump->oldest) {
        pump->oldest->requests = 0;
        slot_end(pump, pump->oldest);
    }
}

static void pump_loop(struct pump *pump)
{
    for (;;) {
        bool ready;
        unsigned timeout_ms = 0;

        take_files(pump);
        ready = advance_waiting(pump);
        if (pump->active == 0) {
            if (pump->feed_ended)
                return;
            continue;
        }
        if (pump->ring.in_flight == 0) {
            if (pump->parked == pump->active)
                usleep(PARKED_POLL_MS * 1000); /* on what another worker copies */
            continue;
        }
        /* with free slots and a feed that may have more, look there from time to time */
        if (pump->parked)
            timeout_ms = PARKED_POLL_MS;
        else if (pump->free_slots && !pump->feed_ended)
            timeout_ms = FEED_POLL_MS;
        pump->broken = ring_submit(&pump->ring, !ready, timeout_ms);
        if (pump->broken < 0) {
            fail_all(pump);
            return;
        }
        ring_reap(&pump->ring, request_done, pump);
    }
}

static void pump_free(struct pump *pump)
{
    if (pump->memory)
        munmap(pump->memory, pump->memory_bytes);
    free(pump->op_memory);
    free(pump->slots);
    free(pump->blocks);
}

/* Sizes from the options. */
static void pump_size(struct pump *pump, const struct engine_opts *opts)
{
    size_t block = opts->block_bytes ? opts->block_bytes : BLOCK_BYTES_DEFAULT;
    size_t pool = pump->ops->pool_bytes ? pump->ops->pool_bytes : POOL_BYTES;

    if (block > BLOCK_BYTES_MAX)
        block = BLOCK_BYTES_MAX;
    block = (block + 4095) & ~(size_t)4095;
    pump->block_bytes = (uint32_t)block;
    pump->head_bytes = block < HEAD_BYTES ? (uint32_t)block : HEAD_BYTES;
    pump->depth = opts->depth ? opts->depth : DEPTH_DEFAULT;
    if (pump->depth > DEPTH_MAX)
        pump->depth = DEPTH_MAX;
    pump->block_count = opts->depth ? pump->depth : (unsigned)(pool / block);
    if (opts->files_max && pump->depth > opts->files_max)
        pump->depth = opts->files_max;
    if (pump->block_count > POOL_BYTES_MAX / block)
        pump->block_count = (unsigned)(POOL_BYTES_MAX / block);
    if (pump->block_count == 0)
        pump->block_count = 1;
}

static int pump_alloc(struct pump *pump)
{
    char *buf;
    size_t pool_bytes = (size_t)pump->block_count * pump->block_bytes;

    pump->memory_bytes = pool_bytes + (size_t)pump->depth * pump->head_bytes;
    pump->memory = mmap(NULL, pump->memory_bytes, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (pump->memory == MAP_FAILED)
        pump->memory = NULL;
    /* fewer, larger pieces for the device to fill: a cold 4 GiB file in 3.9 s rather than 4.6. Not
     * for the heads: a small job touches one or two of them. */
    if (pump->memory)
        (void)madvise(pump->memory, pool_bytes, MADV_HUGEPAGE);
    pump->slots = calloc(pump->depth, sizeof(struct slot));
    pump->blocks = calloc(pump->block_count, sizeof(struct block));
    if (pump->ops->slot_bytes)
        pump->op_memory = calloc(pump->depth, pump->ops->slot_bytes);
    if (!pump->memory || !pump->slots || !pump->blocks ||
        (pump->ops->slot_bytes && !pump->op_memory))
        return -ENOMEM;
    buf = pump->memory;
    for (unsigned i = 0; i < pump->block_count; i++, buf += pump->block_bytes) {
        pump->blocks[i].buf = buf;
        pump->blocks[i].cap = pump->block_bytes;
        pump->blocks[i].next = pump->free_blocks;
        pump->free_blocks = &pump->blocks[i];
    }
    for (unsigned i = 0; i < pump->depth; i++, buf += pump->head_bytes) {
        struct slot *slot = &pump->slots[i];
        slot->head.buf = buf;
        if (pump->op_memory)
            slot->op = (char *)pump->op_memory + i * pump->ops->slot_bytes;
        slot->next = pump->free_slots;
        pump->free_slots = slot;
    }
    return 0;
}

static _Thread_local struct pump *running;

void pump_abandon(void)
{
    if (running)
        ring_abandon(&running->ring);
}

int pump_run(const struct engine_opts *opts, struct feed *feed, const struct pump_ops *ops,
             void *arg, struct stats *stats)
{
    struct pump pump = {.opts = opts, .ops = ops, .feed = feed, .stats = stats, .arg = arg};
    int rc;

    pump_size(&pump, opts);
    rc = pump_alloc(&pump);
    if (rc == 0)
        rc = ring_open(&pump.ring, pump.depth + pump.block_count, pump.memory, pump.memory_bytes,
                       stats);
    if (rc == 0) {
        running = &pump;
        pump_loop(&pump);
        running = NULL;
        ring_close(&pump.ring);
        rc = pump.broken;
    }
    pump_free(&pump);
    return rc;
}
