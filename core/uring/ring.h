/* uring/ring.h: one io_uring instance: set-up, submission, waiting, reaping, counters. */
#ifndef CORE_URING_RING_H
#define CORE_URING_RING_H

#include <liburing.h>
#include <stdbool.h>

#include "../base/stats.h"

struct ring {
    struct io_uring uring;
    struct stats *stats;
    unsigned entries;    /* at most so many are in flight */
    unsigned in_flight;  /* requests prepared or submitted, and not reaped */
    uint64_t counted_ns; /* up to when in_flight has been integrated */
    struct iovec buffer;
    uint64_t requests; /* prepared so far */
    unsigned reaped;   /* completions handled since the kernel was last told */
    bool fixed_buffer; /* the buffer given to ring_open is registered */
};

/* Sets up a ring for up to entries requests in flight, used from this thread only, and registers
 * buf; if RLIMIT_MEMLOCK does not allow that, the ring works without. Returns 0 or -errno. */
int ring_open(struct ring *ring, unsigned entries, void *buf, size_t buf_bytes,
              struct stats *stats);
/* Ends a ring. The files of its requests are closed when their descriptors are, unless the ring is
 * broken. */
void ring_close(struct ring *ring);

/* Returns a request to be prepared. The caller keeps in_flight within the entries. */
struct io_uring_sqe *ring_sqe(struct ring *ring);

/* Submits what was prepared. If wait is set, waits for a completion, or until timeout_ms have
 * passed (0: no limit). Returns 0, also if none has come; -errno: the ring takes no more requests.
 */
int ring_submit(struct ring *ring, bool wait, unsigned timeout_ms);

/* Submits what was prepared, as far as the kernel takes it now; ring_submit reports errors. */
void ring_flush(struct ring *ring);

/* Calls done for every completion that has come. Returns how many. */
unsigned ring_reap(struct ring *ring, void (*done)(void *arg, uint64_t user_data, int res),
                   void *arg);

/* Ends a ring that takes no more requests: waits for those that the kernel has taken, and calls
 * dropped (if not NULL) for each. Returns false if the ring cannot even be waited for: then the
 * kernel may still write to the requests' buffers, which must stay until the process ends. */
bool ring_drain(struct ring *ring, void (*dropped)(uint64_t user_data, int res));

/* Cancels the requests that the kernel has taken and drops their completions, for at most a second.
 * May be called while ring_reap calls done. The ring cannot be used afterwards. */
void ring_abandon(struct ring *ring);

/* Tries to set up a ring of that many entries, and the operations that are used. Returns 0, or
 * -errno with the reason in words in *why. */
int ring_probe(unsigned entries, const char **why);

#endif
