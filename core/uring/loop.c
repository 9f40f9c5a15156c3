/* uring/loop.c: see loop.h. */
#define _GNU_SOURCE
#include "loop.h"

#include <assert.h>
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "../base/cache.h"
#include "../base/direct.h"
#include "../base/limits.h"
#include "cached.h"
#include "write.h"
#include "open.h"
#include "slow.h"
#include "stream.h"

enum {
    DEPTH_DEFAULT = 128,
    DEPTH_MAX = 4096,        /* with the pool a quarter of the largest ring */
    SMALL_BYTES = 64 * 1024, /* 97% of a source tree's files fit */
    /* in flight for large files: hashing 4 GiB cold took 5% longer with 16 blocks of 512 KiB, and
     * with 16 of 1 MiB no less */
    BLOCK_BYTES_DEFAULT = 1024 * 1024,
    POOL_BYTES = 12 * 1024 * 1024,
    BLOCK_BYTES_MAX = 64 * 1024 * 1024,
    POOL_BYTES_MAX = 256 * 1024 * 1024,
    POOL_BLOCKS_MIN = 4, /* of the default size; if memory is short, they are smaller */
    BLOCK_BYTES_MIN = 64 * 1024,
    PROBED_BYTES = 1024 * 1024, /* the kernel's first readahead is no longer */
    TAKE_AT_ONCE = 64,          /* files, which may be cached, between two submissions */
    DESCRIPTORS_MIN = 3,        /* a copy's two, and one to keep a lock */
    PARKED_POLL_MS = 1,
    FEED_POLL_MS = 10, /* the producer cannot wake a thread that waits on the ring */
};

/* Gives a file of the feed a free slot, and begins to open it. */
static void slot_take(struct loop *loop, struct slot *slot, struct file *file)
{
    void *op = slot->op;
    char *buf = slot->small_block.buf;

    assert(slot->state == SLOT_FREE);
    TAILQ_REMOVE(&loop->free_slots, slot, entry);
    *slot = (struct slot){
        .state = SLOT_FREE,
        .file = file,
        .fd = -1,
        .regular = file->type == DT_REG,
        .data_end = UINT64_MAX,
        .small_block = {.slot = slot, .buf = buf, .cap = loop->small_bytes, .state = BLOCK_FREE},
        .op = op,
    };
    STAILQ_INIT(&slot->undelivered);
    if (op)
        memset(op, 0, loop->ops->slot_bytes);
    loop->active++;
    TAILQ_INSERT_TAIL(&loop->taken, slot, entry);
    if (loop_turn(loop, slot))
        open_start(loop, slot);
    else
        open_ask_type(loop, slot);
}

static void slot_free(struct loop *loop, struct slot *slot)
{
    slot_to(slot, SLOT_FREE);
    TAILQ_INSERT_HEAD(&loop->free_slots, slot, entry);
    loop->active--;
}

/* Gives a file that is DONE back to the feed, and frees its slot when it is closed. */
static void slot_end(struct loop *loop, struct slot *slot)
{
    struct file *file = slot->file;
    bool closed;

    stream_drop(loop, slot);
    if (loop->ops->ended)
        loop->ops->ended(loop, slot);
    /* drop the readahead that the read without waiting has caused */
    if (slot->direct && slot->probed)
        cache_drop(slot->fd, 0, PROBED_BYTES);
    closed = slow_close(loop, slot);
    if (slot->direct)
        loop->to.stats->direct_bytes += file->bytes;
    delivery_end(&loop->to, file);
    slot->file = NULL;
    TAILQ_REMOVE(&loop->taken, slot, entry);
    if (closed)
        slot_free(loop, slot);
}

/* Moves a slot on as far as it goes without waiting. */
static void slot_advance(struct loop *loop, struct slot *slot)
{
    loop->ops->file(loop, slot);
    if (slot->state == SLOT_DONE && slot->requests == 0)
        slot_end(loop, slot);
}

/* Handles a completion, and moves its slot on. */
static void request_done(void *arg, uint64_t user_data, int res)
{
    struct loop *loop = arg;
    struct block *block = (struct block *)(uintptr_t)(user_data & ~(uint64_t)REQUEST_MASK);
    struct slot *slot = block->slot;

    assert(slot && slot->requests > 0);
    slot->requests--;
    switch ((enum loop_request)(user_data & REQUEST_MASK)) {
    case REQUEST_OPEN:
        open_done(loop, slot, res);
        break;
    case REQUEST_READ:
        stream_read_done(loop, block, res);
        break;
    case REQUEST_WRITE:
        write_done(loop, block, res);
        break;
    case REQUEST_STAT:
        open_stat_done(loop, slot, res);
        break;
    case REQUEST_POLL: /* if it has failed, reading the FIFO waits */
        open_decide(loop, slot);
        break;
    case REQUEST_CLOSE:
        slow_close_done(slot, res);
        slot_free(loop, slot);
        return;
    }
    slot_advance(loop, slot);
    stream_keep_busy(loop);
}

/* Fills free slots. Waits for the feed only when there is nothing else to wait for. */
static void take_files(struct loop *loop)
{
    for (int i = 0; i < TAKE_AT_ONCE && !loop->feed_ended; i++) {
        struct slot *slot = TAILQ_FIRST(&loop->free_slots);
        struct file *file;
        int rc;

        if (!slot)
            return;
        rc = delivery_next(&loop->to, &file, loop->active == 0);
        if (rc == -EAGAIN)
            return;
        if (rc < 0) {
            loop->feed_ended = true;
            return;
        }
        slot_take(loop, slot, file);
        slot_advance(loop, slot);
    }
}

/* Moves on the slots that do not wait for the ring. Sets the number of those that are parked.
 * Returns whether some can be moved on further. */
static bool advance_all(struct loop *loop, unsigned *parked)
{
    bool more = false;
    bool may_open = loop->opts->ordered; /* all older ones are known to be regular */
    struct slot *slot, *younger;

    *parked = 0;
    for (slot = TAILQ_FIRST(&loop->taken); slot; slot = younger) {
        enum slot_state before = slot->state;
        bool oldest = slot == TAILQ_FIRST(&loop->taken);

        younger = TAILQ_NEXT(slot, entry);
        if (slot->state == SLOT_PARKED && open_stat(loop, slot)) /* it may have changed */
            open_decide(loop, slot);
        else if (slot->state == SLOT_TYPE_KNOWN && may_open && (slot->regular || oldest))
            open_start(loop, slot);
        may_open = may_open && slot->regular && slot->state != SLOT_TYPE_KNOWN;
        if (slot->state != before || (oldest && loop->opts->ordered) || cached_is_ready(loop, slot))
            slot_advance(loop, slot);
        *parked += slot->state == SLOT_PARKED;
        more |= cached_is_ready(loop, slot);
    }
    return more;
}

/* Closes the descriptor that a dropped completion has brought. */
static void close_opened(uint64_t user_data, int res)
{
    struct block *block = (struct block *)(uintptr_t)(user_data & ~(uint64_t)REQUEST_MASK);

    if ((user_data & REQUEST_MASK) == REQUEST_OPEN && res >= 0)
        close(res);
    else if ((user_data & REQUEST_MASK) == REQUEST_CLOSE)
        slow_close_done(block->slot, res);
}

/* Frees the slots that a request closes, after the ring has refused requests. */
static void end_closing(struct loop *loop)
{
    for (unsigned i = 0; i < loop->depth; i++) {
        struct slot *slot = &loop->slots[i];
        if (slot->state != SLOT_CLOSING)
            continue;
        slot->requests = 0;
        if (slot->fd >= 0 && loop->memory) /* all that were taken have come: it was not */
            close(slot->fd);
        slot_free(loop, slot);
    }
}

/* Fails all files after the ring has refused requests, and those that it has taken have come in. */
static void fail_all(struct loop *loop)
{
    struct slot *slot;

    /* all of them first: as long as one can be read, the blocks of another would be issued to it */
    TAILQ_FOREACH (slot, &loop->taken, entry)
        slot_fail(slot, STEP_READ, loop->broken);
    if (!ring_drain(&loop->ring, close_opened))
        loop->memory = NULL; /* left to the process's end */
    end_closing(loop);
    while ((slot = TAILQ_FIRST(&loop->taken))) {
        slot->requests = 0;
        if (slot->small_block.state == BLOCK_WRITING)
            block_to(&slot->small_block, BLOCK_FREE);
        slot_end(loop, slot);
    }
}

/* Takes files, moves them on, and waits for the ring, in turn, until the feed has ended. */
static void run_turns(struct loop *loop)
{
    for (;;) {
        bool ready;
        unsigned parked, timeout_ms = 0;

        take_files(loop);
        ready = advance_all(loop, &parked);
        if (loop->active == 0) {
            if (loop->feed_ended)
                return;
            continue;
        }
        if (loop->ring.in_flight == 0) {
            if (parked == loop->active) {
                delivery_flush(&loop->to);
                usleep(PARKED_POLL_MS * 1000); /* on what another worker copies */
            }
            continue;
        }
        /* other workers and the feed cannot wake this thread */
        if (parked)
            timeout_ms = PARKED_POLL_MS;
        else if (!TAILQ_EMPTY(&loop->free_slots) && !loop->feed_ended)
            timeout_ms = FEED_POLL_MS;
        /* more may have come in, to be completed with what the sink keeps */
        loop->broken = ring_submit(&loop->ring, !ready && loop->to.kept == 0, timeout_ms);
        if (loop->broken < 0) {
            fail_all(loop);
            return;
        }
        if (ring_reap(&loop->ring, request_done, loop) == 0 && !ready)
            delivery_flush(&loop->to);
    }
}

/* Asserts that every slot and every block of the pool has come back, unless the ring is broken. */
static void check_free(const struct loop *loop)
{
    unsigned free_blocks = 0;
    const struct block *block;

    assert(loop->active == 0 && TAILQ_EMPTY(&loop->taken) && TAILQ_EMPTY(&loop->waiters));
    if (loop->broken < 0)
        return;
    STAILQ_FOREACH (block, &loop->free_blocks, entry)
        free_blocks++;
    assert(free_blocks == loop->block_count && loop->ring.in_flight == 0);
}

static void release(struct loop *loop)
{
    if (loop->memory)
        munmap(loop->memory, loop->memory_bytes);
    free(loop->op_memory);
    free(loop->slots);
    free(loop->blocks);
}

/* Returns the size of large blocks, of which pool_max bytes can be had. */
static size_t block_size(const struct engine_opts *opts, size_t pool_max)
{
    size_t block = opts->block_bytes ? opts->block_bytes : BLOCK_BYTES_DEFAULT;

    if (!opts->block_bytes && block > pool_max / POOL_BLOCKS_MIN)
        block = pool_max / POOL_BLOCKS_MIN / BLOCK_BYTES_MIN * BLOCK_BYTES_MIN;
    if (block < 1)
        block = BLOCK_BYTES_MIN;
    return direct_align(block > BLOCK_BYTES_MAX ? BLOCK_BYTES_MAX : block);
}

/* Sets the sizes by the options, and the operation's limit of large blocks. If memory is limited,
 * large blocks get three fifths of it, as by default. */
static void set_sizes(struct loop *loop, const struct engine_opts *opts, size_t pool)
{
    size_t memory = opts->memory_max ? opts->memory_max : SIZE_MAX;
    size_t pool_max = memory / 5 * 3 < POOL_BYTES_MAX ? memory / 5 * 3 : POOL_BYTES_MAX;
    size_t block = block_size(opts, pool_max);

    loop->block_bytes = (uint32_t)block;
    loop->redirected = open_is_redirected();
    loop->small_bytes = block < SMALL_BYTES ? (uint32_t)block : SMALL_BYTES;
    loop->depth = opts->depth ? opts->depth : DEPTH_DEFAULT;
    if (loop->depth > DEPTH_MAX)
        loop->depth = DEPTH_MAX;
    loop->block_count = opts->depth ? loop->depth : (unsigned)(pool / block);
    if (opts->files_max && loop->depth > opts->files_max)
        loop->depth = opts->files_max;
    if (loop->depth > memory / 5 * 2 / loop->small_bytes)
        loop->depth = (unsigned)(memory / 5 * 2 / loop->small_bytes);
    if (loop->depth == 0)
        loop->depth = 1;
    if (loop->block_count > pool_max / block)
        loop->block_count = (unsigned)(pool_max / block);
    if (loop->block_count == 0)
        loop->block_count = 1;
}

unsigned loop_entries(const struct engine_opts *opts)
{
    struct loop loop = {.opts = opts};

    set_sizes(&loop, opts, POOL_BYTES);
    return loop.depth + loop.block_count;
}

/* Allocates all slots, blocks and buffers. Returns 0 or -ENOMEM. */
static int allocate(struct loop *loop)
{
    char *buf;
    size_t pool_bytes = (size_t)loop->block_count * loop->block_bytes;

    TAILQ_INIT(&loop->taken);
    TAILQ_INIT(&loop->free_slots);
    TAILQ_INIT(&loop->waiters);
    STAILQ_INIT(&loop->free_blocks);
    loop->memory_bytes = pool_bytes + (size_t)loop->depth * loop->small_bytes;
    loop->memory = mmap(NULL, loop->memory_bytes, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (loop->memory == MAP_FAILED)
        loop->memory = NULL;
    /* A cold 4 GiB file took 3.9 s with huge pages, 4.6 s without. Not for the small blocks: a
     * small job touches one or two of them. */
    if (loop->memory)
        (void)madvise(loop->memory, pool_bytes, MADV_HUGEPAGE);
    loop->slots = calloc(loop->depth, sizeof(struct slot));
    loop->blocks = calloc(loop->block_count, sizeof(struct block));
    if (loop->ops->slot_bytes)
        loop->op_memory = calloc(loop->depth, loop->ops->slot_bytes);
    if (!loop->memory || !loop->slots || !loop->blocks ||
        (loop->ops->slot_bytes && !loop->op_memory))
        return -ENOMEM;
    buf = loop->memory;
    for (unsigned i = 0; i < loop->block_count; i++, buf += loop->block_bytes) {
        loop->blocks[i].buf = buf;
        loop->blocks[i].cap = loop->block_bytes;
        STAILQ_INSERT_HEAD(&loop->free_blocks, &loop->blocks[i], entry);
    }
    for (unsigned i = 0; i < loop->depth; i++, buf += loop->small_bytes) {
        struct slot *slot = &loop->slots[i];
        slot->small_block.buf = buf;
        if (loop->op_memory)
            slot->op = (char *)loop->op_memory + i * loop->ops->slot_bytes;
        TAILQ_INSERT_HEAD(&loop->free_slots, slot, entry);
    }
    return 0;
}

int loop_run(const struct engine_opts *opts, const struct loop_ops *ops, void *arg,
             const struct delivery *to)
{
    struct loop loop = {.opts = opts, .ops = ops, .arg = arg, .to = *to};
    int rc;

    set_sizes(&loop, opts, ops->pool_bytes ? ops->pool_bytes : POOL_BYTES);
    rc = allocate(&loop);
    if (rc == 0)
        rc = ring_open(&loop.ring, loop.depth + loop.block_count, to->stats);
    if (rc == 0 && opts->fallback && limits_descriptors() < DESCRIPTORS_MIN) {
        ring_close(&loop.ring);
        rc = -EMFILE;
    }
    if (rc == 0) {
        run_turns(&loop);
        delivery_flush(&loop.to);
        check_free(&loop);
        ring_close(&loop.ring);
        rc = loop.broken;
    }
    release(&loop);
    return rc;
}
