/* uring/loop.h: files in flight on one ring: what read and copy share.
 *
 * A loop has a fixed number of slots, a file in each, and two kinds of buffers, all allocated at
 * the start: every slot has a small one of its own (its small block), which is all that most files
 * need; a pool of large blocks is lent to large files, so that many blocks of one file are in
 * flight.
 *
 *                     in the cache                      all bytes are there
 *   take -> open ------------------> RESIDENT ------------------------------------> end
 *     \      ^  \                       | not in the cache after all                 ^
 *      \     |   \ cold                 v                                            |
 *       +-> OPENING -----------------> STREAM: read... -> deliver in order ----------+
 *        cold name: io-wq opens it      a pipe: one read at a time
 *
 * Invariants:
 *   - What would not wait is done by a plain call, at once: a name in the dentry cache is opened
 * with RESOLVE_CACHED, bytes in the page cache are read with RWF_NOWAIT. A ring wins by overlapping
 *     waits; where there is none to overlap it only costs. Everything else goes through the ring.
 *   - Each request is made on a block, and a block has one request at the most. A block belongs to
 * its slot from the moment it is issued until it has been delivered (and written).
 *   - A slot's blocks are delivered in the order of their offsets. The first undelivered one is
 * always issued, so it comes in without help: no file can wait for another one's blocks for ever.
 *   - In ordered mode nothing behind a pipe or a device is opened before that has ended: what comes
 *     through a pipe may tell that the next file is there now. Regular files are read ahead.
 *   - A slot ends when none of its requests is in flight. */
#ifndef CORE_URING_LOOP_H
#define CORE_URING_LOOP_H

#include "../engine.h"
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
    /* block->got bytes at block->offset, in order. 0: done with them; 1: the block is still in use,
     * write_block has been called on it; -errno. */
    int (*data)(struct loop *loop, struct slot *slot, struct block *block);
    /* The next bytes are in the page cache, it seems: the operation may do with some of them what
     * it does, by itself. How many; 0: they are to be read; -errno. NULL: they always are read. */
    ssize_t (*move)(struct loop *loop, struct slot *slot);
    /* The file has ended, well or not, and nothing is in flight. */
    void (*ended)(struct loop *loop, struct slot *slot);
};

struct loop {
    struct ring ring;
    const struct engine_opts *opts;
    const struct loop_ops *ops;
    struct feed *feed;
    struct stats *stats;
    void *arg; /* the operation's */

    bool feed_ended;
    unsigned parked;        /* slots */
    bool last_was_resident; /* the last file that was looked for in the cache was all there */
    uint64_t handled_bytes; /* delivered since requests were last submitted */
    int broken;             /* -errno of a ring that takes no more requests */
    unsigned depth, active, block_count;
    uint32_t small_bytes, block_bytes;
    struct slot *slots, *free_slots;
    struct slot *oldest, *youngest; /* in the order in which they were taken */
    struct slot *line, *line_last;  /* waiting for blocks of the pool */
    struct block *blocks, *free_blocks;
    char *memory; /* all buffers */
    size_t memory_bytes;
    void *op_memory; /* slots' op parts */
};

/* Runs the feed's files through the ring until the feed ends. Returns 0 or -errno. */
int loop_run(const struct engine_opts *opts, struct feed *feed, const struct loop_ops *ops,
             void *arg, struct stats *stats);

/* Cancels the requests of the loop that this thread runs, if any: see struct engine. */
void loop_abandon(void);

/* Whether the slot's bytes may be delivered now: in ordered mode only the oldest slot's. */
static inline bool loop_turn(const struct loop *loop, const struct slot *slot)
{
    return !loop->opts->ordered || slot == loop->oldest;
}

#endif
