/* uring/loop.h: an event loop over one ring, which keeps many files in flight: what read and copy
 * share.
 *
 * A loop has a fixed number of slots (slot.h), a file in each. All buffers are allocated at the
 * start. Every slot has a small block of its own, which suffices for most files. A pool of large
 * blocks is lent to large files, so that many blocks of one file are in flight.
 *
 * Invariants:
 *   - What does not wait is done by a plain call, at once: a name in the dentry cache is opened
 * with RESOLVE_CACHED, bytes in the page cache are read with RWF_NOWAIT. A ring gains by
 * overlapping waits; without waits it only costs. Everything else goes through the ring.
 *   - Each request is made on a block, and a block has at most one request. A block belongs to its
 *     slot from the moment it is issued until it has been delivered (and written).
 *   - A slot's blocks are delivered in the order of their offsets. The first undelivered one is
 *     always issued, so it comes in without help: no file waits for another file's blocks forever.
 *   - In ordered mode nothing behind a pipe or a device is opened before that has ended: what comes
 *     through a pipe may tell that the next file is there now. Regular files are read ahead.
 *   - A slot ends when none of its requests is in flight. */
#ifndef CORE_URING_LOOP_H
#define CORE_URING_LOOP_H

#include "../delivery.h"
#include "ring.h"
#include "slot.h"

struct loop;

/* What an operation wants done with a file that has been opened. */
enum loop_verdict {
    LOOP_READ,
    LOOP_END,   /* it is complete, or has failed */
    LOOP_LATER, /* ask again: it depends on another file */
};

/* What the operation does with a file. Errors are recorded by file_fail first, then returned. */
struct loop_ops {
    size_t slot_bytes; /* size of slot->op */
    size_t pool_bytes; /* of large blocks, at most; 0: the default */
    /* The file is open, slot->st filled in. NULL: read it. */
    enum loop_verdict (*opened)(struct loop *loop, struct slot *slot);
    /* Moves the file on as far as it goes without waiting. Called after each change of it: it has
     * been opened, or one of its requests has completed. */
    void (*file)(struct loop *loop, struct slot *slot);
    /* Takes block->got bytes at block->offset, in order. Returns 0, also if it has called
     * direct_write, which keeps the block; or -errno. */
    int (*data)(struct loop *loop, struct slot *slot, struct block *block);
    /* The file has ended, well or not, and nothing is in flight. NULL: nothing to do. */
    void (*ended)(struct loop *loop, struct slot *slot);
};

struct loop {
    struct ring ring;
    const struct engine_opts *opts;
    const struct loop_ops *ops;
    struct delivery to;
    void *arg; /* the operation's */

    bool feed_ended;
    bool last_was_cached;   /* the last file that was looked for in the cache was all there */
    uint64_t handled_bytes; /* delivered since requests were last submitted */
    int broken;             /* -errno of a ring that takes no more requests */
    unsigned depth, active, block_count;
    uint32_t small_bytes, block_bytes;
    struct slot *slots;            /* [depth] */
    struct slot_list taken;        /* those with a file, oldest first */
    struct slot_list free_slots;   /* the others */
    struct slot_list waiters;      /* for blocks of the pool */
    struct block *blocks;          /* [block_count] */
    struct block_list free_blocks; /* of the pool */
    char *memory;                  /* all buffers */
    size_t memory_bytes;
    void *op_memory; /* slots' op parts */
};

/* What a completion is of: in the low bits of the block's address. */
enum loop_request { REQUEST_READ, REQUEST_WRITE, REQUEST_OPEN, REQUEST_POLL, REQUEST_MASK = 3 };
_Static_assert(_Alignof(struct block) > REQUEST_MASK, "an address has no room for the kind");

/* Marks a prepared request as one of the block's slot. */
static inline void loop_request(struct io_uring_sqe *sqe, struct block *block,
                                enum loop_request request)
{
    io_uring_sqe_set_data64(sqe, (uint64_t)(uintptr_t)block | request);
    block->slot->requests++;
}

/* Whether the slot's bytes may be delivered now: in ordered mode only the oldest slot's. */
static inline bool loop_turn(const struct loop *loop, const struct slot *slot)
{
    return !loop->opts->ordered || slot == TAILQ_FIRST(&loop->taken);
}

/* Runs the feed's files through the ring until the feed ends. Returns 0 or -errno. */
int loop_run(const struct engine_opts *opts, const struct loop_ops *ops, void *arg,
             const struct delivery *to);

/* Cancels the requests of the loop that this thread runs, if any: see struct engine. */
void loop_abandon(void);

#endif
