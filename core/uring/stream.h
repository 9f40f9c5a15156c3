/* uring/stream.h: the bytes of one slot's file: blocks issued ahead, completed in any order,
 * delivered in the file's. Internal to the loop. */
#ifndef CORE_URING_STREAM_H
#define CORE_URING_STREAM_H

#include "loop.h"

/* What a completion is of: in the low bits of the block's address. */
enum stream_request {
    STREAM_READ,
    STREAM_WRITE,
    STREAM_OPEN,
    STREAM_POLL,
    STREAM_REQUEST_MASK = 3
};

static inline uint64_t stream_user_data(struct block *block, enum stream_request request)
{
    return (uint64_t)(uintptr_t)block | request;
}

/* Issues what may be issued: the next read of a pipe, a small file in its small block, as many
 * blocks of a large file as there are; after the last of them, finds out whether the file ends
 * there. */
void stream_issue(struct loop *loop, struct slot *slot);
/* A read has completed. */
void stream_read_done(struct loop *loop, struct block *block, int res);
/* Delivers the blocks that are next in the file's order and there. */
void stream_deliver(struct loop *loop, struct slot *slot);
/* To be called after bytes have been delivered: submits what has been prepared meanwhile, lest the
 * device run dry while many blocks, which have come out of turn, are hashed. */
void stream_keep_busy(struct loop *loop);
/* Delivers one block: 0: it is free again; 1: the operation keeps it; -errno: the file has failed.
 */
int stream_deliver_block(struct loop *loop, struct slot *slot, struct block *block);
/* The file's bytes up to this offset have been handled, count of them just now. */
void stream_delivered(struct loop *loop, struct slot *slot, uint64_t offset, size_t count);
/* Moves *offset to where there is data in a sparse file, and slot->data_end to where it ends.
 * false: there is no more. */
bool stream_next_data(struct slot *slot, uint64_t *offset);
/* Makes a block free again, and gives one of the pool to who waits for it. */
void stream_release(struct loop *loop, struct block *block);
/* Gives back all blocks of a slot that ends. */
void stream_drop(struct loop *loop, struct slot *slot);

#endif
