/* uring/cached.h: bytes that need no ring.
 *
 * A ring gains by overlapping waits. Bytes in the page cache are not waited for, so they are read
 * by plain calls with RWF_NOWAIT, which cost less than requests. */
#ifndef CORE_URING_CACHED_H
#define CORE_URING_CACHED_H

#include "loop.h"

/* Reads the next bytes of a RESIDENT slot, at most STEP_BYTES so that other files have their turn,
 * and delivers them. What is not in the page cache is left to the ring. */
void cached_step(struct loop *loop, struct slot *slot);

#endif
