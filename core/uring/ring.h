/* uring/ring.h: one io_uring instance: set-up, submission, waiting, reaping, counters. */
#ifndef CORE_URING_RING_H
#define CORE_URING_RING_H

#include <errno.h>
#include <liburing.h>
#include <stdbool.h>

#include "../base/stats.h"
#include "stop.h"

struct ring {
    struct io_uring uring;
    struct stats *stats;
    unsigned entries;        /* limit of in_flight */
    unsigned in_flight;      /* requests prepared or submitted, and not reaped */
    uint64_t counted_ns;     /* until then in_flight is in stats->in_flight_ns */
    struct iovec registered; /* by ring_register */
    uint64_t requests;       /* prepared so far */
    struct stop stop;
};

/* Sets up a ring for up to entries requests in flight, used from this thread only. Returns 0;
 * -ENOBUFS if the kernel has no memory for it, or RLIMIT_MEMLOCK is too low; or another -errno. */
int ring_open(struct ring *ring, unsigned entries, struct stats *stats);
/* Registers bytes of memory, once a ring, which must stay until ring_close. The kernel pins all its
 * pages now, and need not look them up for each request on it. If RLIMIT_MEMLOCK does not allow
 * that, the ring works without. */
void ring_register(struct ring *ring, void *buf, size_t bytes);
/* Tells whether buf is in the registered memory: then requests on it are the _fixed ones, with
 * buffer index 0. */
static inline bool ring_registered(const struct ring *ring, const char *buf)
{
    return (size_t)(buf - (const char *)ring->registered.iov_base) < ring->registered.iov_len;
}
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

/* Tells whether a request can be made again. It has failed because of a signal, because memory was
 * short, or because io-wq could not make a thread (ECANCELED); not because of its file. */
static inline bool ring_may_repeat(int res)
{
    return res == -EINTR || res == -EAGAIN || res == -ENOMEM || res == -ECANCELED;
}

/* Calls done for every completion that has come. Returns how many. */
unsigned ring_reap(struct ring *ring, void (*done)(void *arg, uint64_t user_data, int res),
                   void *arg);

/* Ends a ring that takes no more requests: waits for those that the kernel has taken, and calls
 * dropped (if not NULL) for each. Returns false if the ring cannot even be waited for: then the
 * kernel may still write to the requests' buffers, which must stay until the process ends. */
bool ring_drain(struct ring *ring, void (*dropped)(uint64_t user_data, int res));

/* Tries to set up a ring of that many entries, and the operations that are used. Returns 0, or
 * -errno with the reason in words in *why. */
int ring_probe(unsigned entries, const char **why);

#endif
