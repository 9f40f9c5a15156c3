/* uring/stream.h: the bytes of one slot's file: blocks are issued ahead, complete in any order, and
 * are delivered in the file's order. */
#ifndef CORE_URING_STREAM_H
#define CORE_URING_STREAM_H

#include "loop.h"

/* Issues the next read of a pipe, the small block of a small file, or as many blocks of a large
 * file as are free. After the last block it finds out whether the file ends there. */
void stream_issue(struct loop *loop, struct slot *slot);
/* Handles the completion of a read. */
void stream_read_done(struct loop *loop, struct block *block, int res);
/* Delivers those blocks that have come in and are next in the file's order. */
void stream_deliver(struct loop *loop, struct slot *slot);
/* Delivers one block, which is READY, and WRITING afterwards if the operation keeps it. Returns 0,
 * or -errno: the operation has ended the file (loop_ops.data). */
int stream_deliver_block(struct loop *loop, struct slot *slot, struct block *block);
/* Counts bytes up to this offset as delivered, count of them just now. */
void stream_delivered(struct loop *loop, struct slot *slot, uint64_t offset, size_t count);
/* Ends a file: a read at this offset has found its end, and all before it is delivered. */
void stream_ended(struct slot *slot, uint64_t offset);
/* Submits what has been prepared, if many bytes have been delivered since the last time: otherwise
 * the device would run dry while blocks that have waited for their turn are hashed. */
void stream_keep_busy(struct loop *loop);
/* Moves *offset to the next data, if it is in a hole of a sparse file. Returns 1; 0 if the rest is
 * a hole: *offset is the file's size then; or -errno. */
int stream_next_data(struct slot *slot, uint64_t *offset);
/* Takes a block of the pool for the slot. NULL: none is free. */
struct block *stream_take(struct loop *loop, struct slot *slot);
/* Frees a block. One of the pool is issued to a slot that waits for it. */
void stream_release(struct loop *loop, struct block *block);
/* Frees all undelivered blocks of a slot that is DONE. */
void stream_drop(struct loop *loop, struct slot *slot);
/* Reads what the ring cannot, waiting for it. Returns the number of bytes or -errno. */
ssize_t stream_read_blocking(const struct slot *slot, void *buf, size_t len, uint64_t offset);

#endif
