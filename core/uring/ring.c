/* uring/ring.c: one io_uring instance. See ring.h. */
#define _GNU_SOURCE
#include "ring.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

enum {
    /* io-wq's bounded workers, which open cold files; the kernel's default is min(entries, 4 x
     * cores), 8 on two cores. Hashing a cold tree of 78,579 files took 2.0-2.1 s with 32
     * and 2.5-3.1 s with 8 (ext4 on virtio). */
    IOWQ_BOUNDED_WORKERS = 32,
    /* Registering pins and zeroes the whole buffer: 7 ms for 16 MiB, which a small job would
     * notice. It saves looking up the pages for each direct read: 0.25 of 2.8 CPU seconds on a 4
     * GiB file. */
    REGISTER_AFTER = 64,
    SUBMIT_RETRIES = 1000, /* at 1 ms each, where the kernel has no memory for requests */
};

/* Best first; each flag that an older kernel does not know costs a step. Without SINGLE_ISSUER and
 * DEFER_TASKRUN (6.1) completions interrupt the digest; without COOP_TASKRUN (5.19) by an IPI. */
static const unsigned setup_flags[] = {
    IORING_SETUP_SUBMIT_ALL | IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN |
        IORING_SETUP_TASKRUN_FLAG,
    IORING_SETUP_SUBMIT_ALL | IORING_SETUP_COOP_TASKRUN | IORING_SETUP_TASKRUN_FLAG,
    0,
};

static int queue_init(struct io_uring *uring, unsigned entries)
{
    int rc = -EINVAL;

    for (size_t i = 0; i < sizeof(setup_flags) / sizeof(setup_flags[0]) && rc == -EINVAL; i++) {
        struct io_uring_params params = {.flags = setup_flags[i]};
        rc = io_uring_queue_init_params(entries, uring, &params);
    }
    return rc;
}

int ring_open(struct ring *ring, unsigned entries, void *buf, size_t buf_bytes, struct stats *stats)
{
    unsigned workers[2] = {IOWQ_BOUNDED_WORKERS, 0};
    int rc = queue_init(&ring->uring, entries);

    if (rc < 0)
        return rc;
    ring->stats = stats;
    ring->in_flight = 0;
    ring->counted_ns = stats_now_ns();
    /* before 5.15 the kernel decides: slower, not wrong */
    (void)io_uring_register_iowq_max_workers(&ring->uring, workers);
    ring->buffer = (struct iovec){buf, buf_bytes};
    ring->requests = 0;
    ring->fixed_buffer = false;
    return 0;
}

void ring_close(struct ring *ring)
{
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

    if (++ring->requests == REGISTER_AFTER)
        ring->fixed_buffer = io_uring_register_buffers(&ring->uring, &ring->buffer, 1) == 0;
    ring->in_flight++;
    if (ring->in_flight > ring->stats->in_flight_peak)
        ring->stats->in_flight_peak = ring->in_flight;
    return sqe;
}

int ring_submit(struct ring *ring, bool wait, unsigned timeout_ms)
{
    struct __kernel_timespec ts = {.tv_nsec = (long long)timeout_ms * 1000000};
    struct __kernel_timespec retry = {.tv_nsec = 1000000};
    struct io_uring_cqe *cqe;
    int rc;

    count_in_flight(ring);
    for (int tries = 0; tries < SUBMIT_RETRIES; tries++) {
        unsigned ready = io_uring_sq_ready(&ring->uring);
        if (wait && timeout_ms > 0)
            rc = io_uring_submit_and_wait_timeout(&ring->uring, &cqe, 1, &ts, NULL);
        else if (wait)
            rc = io_uring_submit_and_wait(&ring->uring, 1);
        else
            rc = io_uring_submit_and_get_events(&ring->uring);
        ring->stats->enters++;
        ring->stats->requests += ready - io_uring_sq_ready(&ring->uring);
        count_in_flight(ring);
        if (rc >= 0 || rc == -ETIME || rc == -EINTR)
            return 0;
        if (rc != -EAGAIN && rc != -EBUSY && rc != -ENOMEM)
            return rc;
        /* No memory for requests, or the completion queue is full: reaping frees both. As long as
         * something will complete there is no reason to give up. */
        (void)io_uring_wait_cqe_timeout(&ring->uring, &cqe, &retry);
        if (io_uring_cq_ready(&ring->uring) > 0)
            return 0;
        if (ring->in_flight > io_uring_sq_ready(&ring->uring))
            tries = 0;
    }
    return rc;
}

void ring_flush(struct ring *ring)
{
    int rc = io_uring_submit(&ring->uring);

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
        ring->in_flight--;
        n++;
        done(arg, cqe->user_data, cqe->res);
    }
    io_uring_cq_advance(&ring->uring, n);
    return n;
}

/* The value of kernel.io_uring_disabled: 0, 1, 2; -1 where the kernel has none. */
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

int ring_probe(const char **why)
{
    struct io_uring uring;
    int rc = queue_init(&uring, 8);

    if (rc == 0) {
        /* a filter may know of the one call and not of the other */
        rc = io_uring_submit_and_get_events(&uring);
        io_uring_queue_exit(&uring);
        if (rc != -EPERM && rc != -ENOSYS)
            return 0;
        *why = "io_uring_enter: forbidden by a seccomp filter";
        return rc;
    }
    switch (-rc) {
    case ENOSYS:
        *why = "io_uring_setup: this kernel, or a seccomp filter, has no io_uring";
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
