/* uring/slow.h: open, fstat and close of a slot's file. If they wait for a server, requests make
 * them, so that the ring's thread does not wait. Otherwise they are plain calls, which cost less. A
 * filesystem counts as slow if such a call took long and the filesystem's type may have a server.
 */
#ifndef CORE_URING_SLOW_H
#define CORE_URING_SLOW_H

#include "loop.h"

/* Returns the time before a plain open of a name that is cached; 0: this open is not measured. */
uint64_t slow_open_start(const struct loop *loop);
/* Notes, after the open, whether it has waited. */
void slow_opened(struct loop *loop, struct slot *slot, uint64_t start);
/* Learns whether to request the next opens. slot->st is known. */
void slow_learn_open(struct loop *loop, const struct slot *slot);
/* Calls fstat(2) into slot->st. Returns 0 or -errno. */
int slow_fstat(struct loop *loop, struct slot *slot);
/* Requests it, if it waits. Returns false if slow_fstat must be called. */
bool slow_request_stat(struct loop *loop, struct slot *slot);
/* Takes the result of that request. Returns 0 or -errno. */
int slow_stat_done(struct loop *loop, struct slot *slot, int res);
/* Closes the slot's file. Returns true if it is closed now; false: a request does it, and the slot
 * is CLOSING. */
bool slow_close(struct loop *loop, struct slot *slot);
/* Takes the result of that request. */
void slow_close_done(struct slot *slot, int res);

#endif
