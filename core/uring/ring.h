/* uring/ring.h: one io_uring instance: set-up, submission, waiting, reaping, counters. */
#ifndef CORE_URING_RING_H
#define CORE_URING_RING_H

#include <liburing.h>
#include <stdbool.h>

#include "../base/stats.h"

struct ring {
    struct io_uring uring;
    struct stats *stats;
    unsigned
        in_flight; /* requests prepared or submitted, and not reaped; at most the SQ's entries */
    uint64_t counted_ns; /* up to when in_flight has been integrated */
    struct iovec buffer;
    uint64_t requests; /* prepared so far */
    unsigned reaped;   /* completions handled since the kernel was last told */
    bool fixed_buffer; /* the buffer given to ring_open is registered */
};

/* Sets up a ring for up to entries requests in flight, used from this thread only, and registers
 * buf (a ring whose buffer cannot be registered, RLIMIT_MEMLOCK, works without). Returns 0 or
 * -errno. */
int ring_open(struct ring *ring, unsigned entries, void *buf, size_t buf_bytes,
              struct stats *stats);
void ring_close(struct ring *ring);

/* Room for one more request; the caller keeps in_flight within the entries. */
struct io_uring_sqe *ring_sqe(struct ring *ring);

/* Hands over what was prepared and, where wait is set, waits for a completion, or until timeout_ms
 * have passed (0: for ever). Returns 0, also where nothing came; -errno: the ring does not take
 * requests any more. */
int ring_submit(struct ring *ring, bool wait, unsigned timeout_ms);

/* Hands over what was prepared, as far as the kernel takes it now; ring_submit is for errors. */
void ring_flush(struct ring *ring);

/* Calls done for every completion that is there. Returns how many. */
unsigned ring_reap(struct ring *ring, void (*done)(void *arg, uint64_t user_data, int res),
                   void *arg);

/* Waits for all requests that the kernel has taken, and calls dropped (if not NULL) for each; those
 * that it has not taken are left. Returns false if the ring cannot even be waited for: then the
 * kernel may still write to the requests' buffers, which must be left to the process's end. */
bool ring_drain(struct ring *ring, void (*dropped)(uint64_t user_data, int res));

/* Cancels the requests that the kernel has taken and drops their completions, for at most a second.
 * May be called while ring_reap calls done. The ring cannot be used afterwards. */
void ring_abandon(struct ring *ring);

/* Why a ring cannot be set up here: 0 if it can, or -errno with the reason in words. */
int ring_probe(const char **why);

#endif
