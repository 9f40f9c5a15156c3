/* uring/loop.h: the event loop of read and copy, which keeps many files in flight on one ring.
 *
 * A loop has a fixed number of slots (slot.h), each for one file. All buffers are allocated at the
 * start. Every slot has a small block of its own, which suffices for most files. A pool of large
 * blocks is lent to large files, so that many blocks of one file are in flight.
 *
 * Invariants:
 *   - What does not wait is a plain call: a name in the dentry cache is opened with
 *     RESOLVE_CACHED, bytes in the page cache are read with RWF_NOWAIT. A ring gains only by
 *     overlapping waits; otherwise it costs time.
 *   - Each request uses one block, and a block has at most one request. A slot owns its blocks from
 *     their issue to their delivery, and to the end of their writes.
 *   - A slot's blocks are delivered in the order of their offsets. The first undelivered one is
 *     always issued, so no file waits forever for another file's blocks.
 *   - In ordered mode no file behind a pipe or a device is opened before that has ended: its bytes
 *     may tell the reader that the next file is there now. Regular files are read ahead.
 *   - A slot ends when none of its requests is in flight. */
#ifndef CORE_URING_LOOP_H
#define CORE_URING_LOOP_H

#include "../delivery.h"
#include "ring.h"
#include "slot.h"

struct loop;

/* The operation's decision about a file that has been opened. */
enum loop_next {
    LOOP_READ,
    LOOP_END,   /* it is complete, or has failed */
    LOOP_LATER, /* ask again: it depends on another file */
};

/* The callbacks of the operation. If a file fails, they call file_fail before they return. */
struct loop_ops {
    size_t slot_bytes; /* size of slot->op */
    size_t pool_bytes; /* of all large blocks, at most; 0: the default */
    /* Called when the file is open and slot->st is known. NULL: the loop reads the file. */
    enum loop_next (*opened)(struct loop *loop, struct slot *slot);
    /* Tells whether the writer of a FIFO is waited for before opened is called. NULL: never. */
    bool (*awaits_writer)(struct loop *loop, struct slot *slot);
    /* Processes the file until it would wait. Called when it is open, and when one of its
     * requests has completed. */
    void (*file)(struct loop *loop, struct slot *slot);
    /* Takes block->got bytes at block->offset, in order. Returns 0; or -errno, which ends the file.
     * The file has failed only if file_fail has been called. It may keep the block until a request
     * of its own has completed, as write_block does. */
    int (*data)(struct loop *loop, struct slot *slot, struct block *block);
    /* Called once when the file has ended and nothing is in flight. NULL: nothing to do. */
    void (*ended)(struct loop *loop, struct slot *slot);
};

struct loop {
    struct ring ring;
    const struct engine_opts *opts;
    const struct loop_ops *ops;
    struct delivery to;
    void *arg; /* the operation's */

    bool feed_ended;
    bool last_was_cached; /* the last file that was checked was fully cached */
    /* overlayfs: asking whether a small file is cached takes as long as reading it. trusted: the
     * number of next files that are read by plain calls without asking. trust_next: what trusted
     * becomes after the next file that is asked about, if that is cached. trusted_dev: their
     * filesystem. */
    unsigned trusted, trust_next;
    dev_t trusted_dev;
    bool may_trust;                        /* trusted_dev is that of an overlayfs */
    dev_t fuse_dev;                        /* the last that was asked */
    bool on_fuse;                          /* it is FUSE, which may cut requests off (stream.c) */
    bool slow_open, slow_stat, slow_close; /* these wait for a server on slow_dev */
    bool close_was_slow; /* the last one was: on which filesystem is not known yet */
    dev_t slow_dev;
    bool redirected;        /* files are opened by libc's calls only */
    unsigned opens;         /* plain calls */
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
    uint64_t large_reads;          /* reads into blocks of the pool so far */
    char *memory;                  /* all buffers: those of the pool, then those of the slots */
    size_t memory_bytes;
    void *op_memory; /* slots' op parts */
};

/* The kind of a request, in the low bits of the block's address. */
enum loop_request {
    REQUEST_READ,
    REQUEST_WRITE,
    REQUEST_OPEN,
    REQUEST_STAT,
    REQUEST_CLOSE,
    REQUEST_POLL,
};
enum { REQUEST_MASK = 7 };
_Static_assert(_Alignof(struct block) > REQUEST_MASK, "an address has no room for the kind");

/* Marks a prepared request as one of the block's slot. */
static inline void loop_request(struct io_uring_sqe *sqe, struct block *block,
                                enum loop_request request)
{
    io_uring_sqe_set_data64(sqe, (uint64_t)(uintptr_t)block | request);
    block->slot->requests++;
}

/* Tells whether the slot's bytes may be delivered now: in ordered mode only the oldest slot's. */
static inline bool loop_turn(const struct loop *loop, const struct slot *slot)
{
    return !loop->opts->ordered || slot == TAILQ_FIRST(&loop->taken);
}

/* Runs the feed's files through the ring until the feed ends. Returns 0 or -errno. */
int loop_run(const struct engine_opts *opts, const struct loop_ops *ops, void *arg,
             const struct delivery *to);

/* Returns the entries of the ring that loop_run sets up with these options; limits that only
 * engine_run knows can make it smaller. */
unsigned loop_entries(const struct engine_opts *opts);

#endif
