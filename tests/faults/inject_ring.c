/* inject_ring.c: the calls of liburing that the plan can make fail, and the completions that come
 * out of them. See inject.h.
 *
 * With DEFER_TASKRUN a ring posts completions only while its thread is in one of these calls, and
 * the engine reads them afterwards. In between they can be changed in place. */
#define _GNU_SOURCE
#include "../../core/uring/loop.h"
#include "inject.h"

#include <assert.h>
#include <errno.h>

/* A late completion comes after the engine has looked this often, or waits for nothing else. */
enum { LATE_LOOKS = 20 };

/* Each ring has one thread, each thread one ring at a time. */
static _Thread_local struct {
    unsigned seen;        /* completions up to here have been processed */
    unsigned late;        /* looks for which the last one is still held back; 0: none is */
    unsigned *ktail;      /* the kernel's counter of completions */
    unsigned shown_ktail; /* the counter that the engine sees while one is held back */
} view;

static void reverse(struct io_uring *ring, unsigned from, unsigned to)
{
    while (from != to && from != --to) {
        struct io_uring_cqe *a = &ring->cq.cqes[from++ & *ring->cq.kring_mask];
        struct io_uring_cqe *b = &ring->cq.cqes[to & *ring->cq.kring_mask];
        struct io_uring_cqe kept = *a;
        *a = *b;
        *b = kept;
    }
}

int __real_close(int fd);

static void change(struct io_uring_cqe *cqe, unsigned request)
{
    if (inject_action() == ACTION_ERROR) {
        if (request == REQUEST_OPEN && cqe->res >= 0)
            __real_close(cqe->res);
        cqe->res = -inject_error();
    } else if (request == REQUEST_READ || request == REQUEST_WRITE) {
        if (inject_action() == ACTION_ZERO)
            cqe->res = 0;
        else if (cqe->res > 1)
            cqe->res /= 2;
    }
}

/* Moves a completion behind all later ones, so that the engine sees those first. */
static void move_to_end(struct io_uring *ring, unsigned at, unsigned tail)
{
    unsigned mask = *ring->cq.kring_mask;
    struct io_uring_cqe late = ring->cq.cqes[at & mask];

    for (; at + 1 != tail; at++)
        ring->cq.cqes[at & mask] = ring->cq.cqes[(at + 1) & mask];
    ring->cq.cqes[at & mask] = late;
}

static void look_at(struct io_uring_cqe *cqe, bool now)
{
    static const enum inject_call calls[] = {
        [REQUEST_READ] = CALL_cqe_read, [REQUEST_WRITE] = CALL_cqe_write,
        [REQUEST_OPEN] = CALL_cqe_open, [REQUEST_STAT] = CALL_cqe_stat,
        [REQUEST_CLOSE] = CALL_cqe_any, [REQUEST_POLL] = CALL_cqe_any};
    unsigned request = cqe->user_data & REQUEST_MASK;

    assert(request < sizeof(calls) / sizeof(calls[0]));
    if (now || (calls[request] != CALL_cqe_any && inject_now(calls[request])))
        change(cqe, request);
}

static void look(struct io_uring *ring)
{
    unsigned tail = io_uring_smp_load_acquire(view.ktail), from;

    if (view.late > 0)
        move_to_end(ring, --view.seen, tail);
    from = view.seen;
    while (view.seen != tail - (view.late > 0)) {
        bool now = inject_now(CALL_cqe_any);
        if (now && inject_action() == ACTION_LATE) {
            view.late = LATE_LOOKS;
            move_to_end(ring, view.seen, tail);
            continue;
        }
        if (now && inject_action() == ACTION_REVERSE)
            reverse(ring, from, tail);
        else
            look_at(&ring->cq.cqes[view.seen & *ring->cq.kring_mask], now);
        view.seen++;
    }
    view.seen = tail;
    if (view.late > 0 && --view.late > 0) {
        view.shown_ktail = tail - 1;
        ring->cq.ktail = &view.shown_ktail;
    }
}

/* Restores the kernel's counter before a call into liburing, which waits on it. */
static void show_all(struct io_uring *ring)
{
    ring->cq.ktail = view.ktail;
}

int __real_io_uring_queue_init_params(unsigned entries, struct io_uring *ring,
                                      struct io_uring_params *params);
int __wrap_io_uring_queue_init_params(unsigned entries, struct io_uring *ring,
                                      struct io_uring_params *params);
int __wrap_io_uring_queue_init_params(unsigned entries, struct io_uring *ring,
                                      struct io_uring_params *params)
{
    int rc = inject_now(CALL_queue_init) ? -inject_error()
                                         : __real_io_uring_queue_init_params(entries, ring, params);

    if (rc == 0) {
        view.seen = view.late = 0;
        view.ktail = ring->cq.ktail;
    }
    return rc;
}

void __real_io_uring_queue_exit(struct io_uring *ring);
void __wrap_io_uring_queue_exit(struct io_uring *ring);
void __wrap_io_uring_queue_exit(struct io_uring *ring)
{
    /* each request has one completion, and all were consumed */
    if (*ring->sq.khead != *ring->cq.khead)
        inject_log("undrained\n");
    __real_io_uring_queue_exit(ring);
}

int __real_io_uring_register_buffers(struct io_uring *ring, const struct iovec *buffers,
                                     unsigned count);
int __wrap_io_uring_register_buffers(struct io_uring *ring, const struct iovec *buffers,
                                     unsigned count);
int __wrap_io_uring_register_buffers(struct io_uring *ring, const struct iovec *buffers,
                                     unsigned count)
{
    return inject_now(CALL_register_buffers)
               ? -inject_error()
               : __real_io_uring_register_buffers(ring, buffers, count);
}

int __real_io_uring_register_iowq_max_workers(struct io_uring *ring, unsigned *values);
int __wrap_io_uring_register_iowq_max_workers(struct io_uring *ring, unsigned *values);
int __wrap_io_uring_register_iowq_max_workers(struct io_uring *ring, unsigned *values)
{
    return inject_now(CALL_register_workers)
               ? -inject_error()
               : __real_io_uring_register_iowq_max_workers(ring, values);
}

/* Wraps a call that submits: it fails before it submits anything. */
#define WRAP_SUBMIT(name, parameters, arguments) \
    int __real_##name parameters;                \
    int __wrap_##name parameters;                \
    int __wrap_##name parameters                 \
    {                                            \
        int rc;                                  \
        if (inject_now(CALL_submit))             \
            return -inject_error();              \
        show_all(ring);                          \
        rc = __real_##name arguments;            \
        look(ring);                              \
        return rc;                               \
    }

WRAP_SUBMIT(io_uring_submit, (struct io_uring * ring), (ring))
WRAP_SUBMIT(io_uring_submit_and_wait, (struct io_uring * ring, unsigned count), (ring, count))
WRAP_SUBMIT(io_uring_submit_and_get_events, (struct io_uring * ring), (ring))
WRAP_SUBMIT(io_uring_submit_and_wait_timeout,
            (struct io_uring * ring, struct io_uring_cqe **cqe, unsigned count,
             struct __kernel_timespec *ts, sigset_t *mask),
            (ring, cqe, count, ts, mask))

int __real___io_uring_get_cqe(struct io_uring *ring, struct io_uring_cqe **cqe, unsigned submit,
                              unsigned count, sigset_t *mask);
int __wrap___io_uring_get_cqe(struct io_uring *ring, struct io_uring_cqe **cqe, unsigned submit,
                              unsigned count, sigset_t *mask);
int __wrap___io_uring_get_cqe(struct io_uring *ring, struct io_uring_cqe **cqe, unsigned submit,
                              unsigned count, sigset_t *mask)
{
    int rc;

    if (inject_now(CALL_wait_cqe))
        return -inject_error();
    show_all(ring);
    view.late = 0; /* the returned completion has been seen */
    rc = __real___io_uring_get_cqe(ring, cqe, submit, count, mask);
    look(ring);
    return rc;
}

int __real_io_uring_wait_cqe_timeout(struct io_uring *ring, struct io_uring_cqe **cqe,
                                     struct __kernel_timespec *ts);
int __wrap_io_uring_wait_cqe_timeout(struct io_uring *ring, struct io_uring_cqe **cqe,
                                     struct __kernel_timespec *ts);
int __wrap_io_uring_wait_cqe_timeout(struct io_uring *ring, struct io_uring_cqe **cqe,
                                     struct __kernel_timespec *ts)
{
    int rc;

    if (inject_now(CALL_wait_cqe))
        return -inject_error();
    show_all(ring);
    view.late = 0; /* the returned completion has been seen */
    rc = __real_io_uring_wait_cqe_timeout(ring, cqe, ts);
    look(ring);
    return rc;
}
