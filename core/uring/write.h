/* uring/write.h: the writes of a large copy that is not in the page cache, by requests. */
#ifndef CORE_URING_WRITE_H
#define CORE_URING_WRITE_H

#include "loop.h"

/* Writes the first bytes of a delivered block to fd, at the block's offset, by a request. The block
 * is free again when they are written. */
void write_block(struct loop *loop, struct block *block, int fd, uint32_t bytes);
/* The request has completed: writes the rest, or frees the block. */
void write_done(struct loop *loop, struct block *block, int res);

#endif
