/* uring/cached.h: bytes that need no ring.
 *
 * A ring gains by overlapping waits. Bytes in the page cache are not waited for, so they are read
 * by plain calls with RWF_NOWAIT, which cost less than requests. */
#ifndef CORE_URING_CACHED_H
#define CORE_URING_CACHED_H

#include "loop.h"

/* Tells whether the slot's next bytes are read by plain calls, and it is its turn. */
bool cached_is_ready(const struct loop *loop, const struct slot *slot);
/* Reads and delivers the next bytes of such a slot, and does nothing for others. They are limited,
 * so that other files have their turn. Bytes that are not in the page cache are left to the ring.
 */
void cached_step(struct loop *loop, struct slot *slot);

#endif
