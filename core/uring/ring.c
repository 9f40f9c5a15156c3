/* uring/ring.c: see ring.h. */
#define _GNU_SOURCE
#include "ring.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    /* io-wq's bounded workers, which open cold files; the kernel's default is min(entries, 4 x
     * cores), 8 on two cores. Hashing a cold tree of 78,579 files took 2.0-2.1 s with 32
     * and 2.5-3.1 s with 8 (ext4 on virtio). */
    IOWQ_BOUNDED_WORKERS = 32,
    RETRIES = 1000, /* at RETRY_US each, if the kernel has no memory for requests */
    RETRY_US = 1000,
    PROBE_TRIES = 3, /* EINTR, or no memory just now */
};

/* Best first; each flag that an older kernel does not know costs a step. Without SINGLE_ISSUER and
 * DEFER_TASKRUN (6.1) completions interrupt the digest; without COOP_TASKRUN (5.19) by an IPI. */
static const unsigned setup_flags[] = {
    IORING_SETUP_SUBMIT_ALL | IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN |
        IORING_SETUP_TASKRUN_FLAG,
    IORING_SETUP_SUBMIT_ALL | IORING_SETUP_COOP_TASKRUN | IORING_SETUP_TASKRUN_FLAG,
    0,
};

/* Sets up a ring with the best flags that the kernel knows. Returns -ENOTSUP if it lacks
 * IORING_FEAT_EXT_ARG (before 5.11): liburing would wait with a timeout by a request of its own,
 * whose completion we would not know. */
static int queue_init(struct io_uring *uring, unsigned entries)
{
    int rc = -EINVAL;

    for (size_t i = 0; i < sizeof(setup_flags) / sizeof(setup_flags[0]) && rc == -EINVAL; i++) {
        struct io_uring_params params = {.flags = setup_flags[i]};
        rc = io_uring_queue_init_params(entries, uring, &params);
    }
    if (rc == 0 && !(uring->features & IORING_FEAT_EXT_ARG)) {
        io_uring_queue_exit(uring);
        rc = -ENOTSUP;
    }
    return rc;
}

int ring_open(struct ring *ring, unsigned entries, struct stats *stats)
{
    unsigned workers[2] = {IOWQ_BOUNDED_WORKERS, 0};
    int rc = queue_init(&ring->uring, entries);

    if (rc < 0)
        return rc == -ENOMEM ? -ENOBUFS : rc;
    ring->stats = stats;
    ring->entries = entries;
    ring->in_flight = 0;
    ring->counted_ns = stats_now_ns();
    /* before 5.15 the kernel decides: slower, not wrong */
    (void)io_uring_register_iowq_max_workers(&ring->uring, workers);
    ring->registered = (struct iovec){NULL, 0};
    ring->requests = 0;
    stop_add(&ring->stop, &ring->uring);
    return 0;
}

void ring_register(struct ring *ring, void *buf, size_t bytes)
{
    struct iovec range = {buf, bytes};

    assert(ring->registered.iov_len == 0);
    if (io_uring_register_buffers(&ring->uring, &range, 1) == 0)
        ring->registered = range;
}

/* Waits until the kernel has released the files of all requests. io-wq does so only after the
 * completion, and what the end of the ring finds undone is left to a kernel thread: of 1,500 FIFOs
 * 36 still had a reader after the process had ended, for up to 20 ms. A drained request runs when
 * those before it are freed (Linux 6.16; before that, when they have completed). */
static void settle(struct ring *ring)
{
    struct io_uring_sqe *sqe = io_uring_get_sqe(&ring->uring);
    int rc;

    assert(sqe); /* all that was prepared has been submitted */
    io_uring_prep_nop(sqe);
    sqe->flags |= IOSQE_IO_DRAIN;
    do
        rc = io_uring_submit_and_wait(&ring->uring, 1);
    while (rc == -EINTR || (rc >= 0 && io_uring_cq_ready(&ring->uring) == 0));
    io_uring_cq_advance(&ring->uring, io_uring_cq_ready(&ring->uring));
}

void ring_close(struct ring *ring)
{
    if (ring->requests > 0 && ring->in_flight == 0)
        settle(ring);
    stop_remove(&ring->stop);
    io_uring_queue_exit(&ring->uring);
}

static void count_in_flight(struct ring *ring)
{
    uint64_t now = stats_now_ns();

    ring->stats->in_flight_ns += ring->in_flight * (now - ring->counted_ns);
    ring->counted_ns = now;
}

struct io_uring_sqe *ring_sqe(struct ring *ring)
{
    struct io_uring_sqe *sqe = io_uring_get_sqe(&ring->uring);

    assert(sqe && ring->in_flight < ring->entries);
    ring->requests++;
    ring->in_flight++;
    if (ring->in_flight > ring->stats->in_flight_peak)
        ring->stats->in_flight_peak = ring->in_flight;
    return sqe;
}

/* Waits a little for a completion while the kernel takes no requests. Returns whether the kernel
 * does wait: then the completions of requests in flight will end this state. */
static bool wait_a_little(struct ring *ring)
{
    struct __kernel_timespec retry = {.tv_nsec = RETRY_US * 1000L};
    struct io_uring_cqe *cqe;
    int rc = io_uring_wait_cqe_timeout(&ring->uring, &cqe, &retry);

    if (rc == 0 || rc == -ETIME || rc == -EINTR)
        return true;
    usleep(RETRY_US);
    return false;
}

int ring_submit(struct ring *ring, bool wait, unsigned timeout_ms)
{
    struct __kernel_timespec ts = {.tv_nsec = (long long)timeout_ms * 1000000};
    struct io_uring_cqe *cqe;
    int rc;

    count_in_flight(ring);
    for (int tries = 0; tries < RETRIES; tries++) {
        unsigned ready = io_uring_sq_ready(&ring->uring);
        bool waits;
        stop_submitting(&ring->stop);
        if (wait && timeout_ms > 0)
            rc = io_uring_submit_and_wait_timeout(&ring->uring, &cqe, 1, &ts, NULL);
        else if (wait)
            rc = io_uring_submit_and_wait(&ring->uring, 1);
        else
            rc = io_uring_submit_and_get_events(&ring->uring);
        stop_submitted(&ring->stop);
        ring->stats->enters++;
        ring->stats->requests += ready - io_uring_sq_ready(&ring->uring);
        count_in_flight(ring);
        if (rc >= 0 || rc == -ETIME || rc == -EINTR)
            return 0;
        if (rc != -EAGAIN && rc != -EBUSY && rc != -ENOMEM)
            return rc;
        /* No memory for requests, or the completion queue is full: reaping frees both. As long as
         * something will complete there is no reason to give up. */
        waits = wait_a_little(ring);
        if (io_uring_cq_ready(&ring->uring) > 0)
            return 0;
        if (waits && ring->in_flight > io_uring_sq_ready(&ring->uring))
            tries = 0;
    }
    return rc;
}

void ring_flush(struct ring *ring)
{
    int rc;

    stop_submitting(&ring->stop);
    rc = io_uring_submit(&ring->uring);
    stop_submitted(&ring->stop);
    if (rc > 0) {
        ring->stats->enters++;
        ring->stats->requests += (unsigned)rc;
    }
}

unsigned ring_reap(struct ring *ring, void (*done)(void *, uint64_t, int), void *arg)
{
    struct io_uring_cqe *cqe;
    unsigned head, n = 0;

    io_uring_for_each_cqe(&ring->uring, head, cqe)
    {
        assert(ring->in_flight > 0);
        ring->in_flight--;
        n++;
        done(arg, cqe->user_data, cqe->res);
    }
    io_uring_cq_advance(&ring->uring, n);
    return n;
}

bool ring_drain(struct ring *ring, void (*dropped)(uint64_t user_data, int res))
{
    unsigned unsubmitted = io_uring_sq_ready(&ring->uring);
    int tries = 0;

    while (ring->in_flight > unsubmitted) {
        struct io_uring_cqe *cqe;
        int rc = io_uring_wait_cqe(&ring->uring, &cqe);
        if (rc == -EINTR)
            continue;
        if ((rc == -EAGAIN || rc == -EBUSY || rc == -ENOMEM) && tries++ < RETRIES) {
            usleep(RETRY_US);
            continue;
        }
        if (rc < 0)
            return false;
        tries = 0;
        if (dropped)
            dropped(cqe->user_data, cqe->res);
        ring->in_flight--;
        io_uring_cqe_seen(&ring->uring, cqe);
    }
    return true;
}

/* Returns the value of kernel.io_uring_disabled: 0, 1, 2; -1 if the kernel has none. */
static int io_uring_disabled(void)
{
    FILE *file = fopen("/proc/sys/kernel/io_uring_disabled", "re");
    int value = -1;

    if (file) {
        if (fscanf(file, "%d", &value) != 1)
            value = -1;
        fclose(file);
    }
    return value;
}

/* Returns whether the ring can open, read and write files. If the kernel does not tell, it has
 * these operations: all of them are older than IORING_FEAT_EXT_ARG. */
static bool has_operations(struct io_uring *uring)
{
    static const int operations[] = {IORING_OP_OPENAT,   IORING_OP_READ,
                                     IORING_OP_WRITE,    IORING_OP_READ_FIXED,
                                     IORING_OP_POLL_ADD, IORING_OP_WRITE_FIXED};
    struct io_uring_probe *probe = io_uring_get_probe_ring(uring);
    bool all = true;

    for (size_t i = 0; probe && i < sizeof(operations) / sizeof(operations[0]); i++)
        all &= io_uring_opcode_supported(probe, operations[i]);
    io_uring_free_probe(probe);
    return all;
}

/* Tries a ring that has been set up. */
static int try_ring(struct io_uring *uring, const char **why)
{
    int rc = -EAGAIN;

    /* a filter may know of the one call and not of the other */
    for (int tries = 0; tries < PROBE_TRIES && rc < 0 && rc != -EPERM && rc != -ENOSYS; tries++)
        rc = io_uring_submit_and_get_events(uring);
    if (rc == -EPERM || rc == -ENOSYS) {
        *why = "io_uring_enter: forbidden by a seccomp filter";
        return rc;
    }
    if (rc < 0) {
        *why = "io_uring_enter failed";
        return rc;
    }
    if (!has_operations(uring)) {
        *why = "io_uring_setup: this kernel's io_uring lacks an operation that is needed";
        return -ENOTSUP;
    }
    return 0;
}

int ring_probe(unsigned entries, const char **why)
{
    struct io_uring uring;
    int rc = queue_init(&uring, entries);

    if (rc == 0) {
        rc = try_ring(&uring, why);
        io_uring_queue_exit(&uring);
        return rc;
    }
    switch (-rc) {
    case ENOSYS:
        *why = "io_uring_setup: this kernel, or a seccomp filter, has no io_uring";
        break;
    case ENOTSUP:
        *why = "io_uring_setup: this kernel's io_uring is too old (before Linux 5.11)";
        break;
    case EPERM:
        *why = io_uring_disabled() > 0 ? "io_uring_setup: forbidden by kernel.io_uring_disabled"
                                       : "io_uring_setup: forbidden by a seccomp filter";
        break;
    case ENOMEM:
        *why = "io_uring_setup: not enough memory, or RLIMIT_MEMLOCK is too low (ulimit -l)";
        break;
    default:
        *why = "io_uring_setup failed";
    }
    return rc;
}
