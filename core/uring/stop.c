/* uring/stop.c: see stop.h. */
#define _GNU_SOURCE
#include "stop.h"

#include <errno.h>
#include <stdatomic.h>
#include <unistd.h>

#include "../base/stats.h"

enum { LOOK_US = 500 };

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; /* of the list */
static LIST_HEAD(, stop) rings = LIST_HEAD_INITIALIZER(rings);
static _Atomic uint64_t end_ns; /* until when stop_all waits; set before stopping */
static atomic_bool stopping;
static atomic_uint running; /* that stop_all waits for */
static _Thread_local struct stop *own;

void stop_add(struct stop *stop, struct io_uring *uring)
{
    *stop = (struct stop){.uring = uring, .thread = pthread_self()};
    pthread_mutex_lock(&lock);
    LIST_INSERT_HEAD(&rings, stop, entry);
    own = stop;
    pthread_mutex_unlock(&lock);
}

void stop_remove(struct stop *stop)
{
    pthread_mutex_lock(&lock);
    LIST_REMOVE(stop, entry);
    own = NULL;
    pthread_mutex_unlock(&lock);
}

/* Cancels the requests that the kernel has taken, and waits until it has completed them. Called by
 * a signal's handler, too, at any place: leaves the queues as they are. */
static void drain(struct io_uring *uring)
{
    struct io_uring_sync_cancel_reg every = {
        .flags = IORING_ASYNC_CANCEL_ANY | IORING_ASYNC_CANCEL_ALL, .timeout = {.tv_nsec = 1}};
    uint64_t now_ns, end = atomic_load(&end_ns);

    /* before 6.0 the kernel cannot: polls and opens stay, reads end by themselves */
    (void)io_uring_register_sync_cancel(uring, &every);
    while ((now_ns = stats_now_ns()) < end) {
        unsigned taken = IO_URING_READ_ONCE(*uring->sq.khead);
        struct __kernel_timespec left = {.tv_nsec = (long long)(end - now_ns)};
        struct io_uring_getevents_arg arg = {.ts = (uintptr_t)&left};
        int rc = io_uring_enter2((unsigned)uring->ring_fd, 0, taken - *uring->cq.khead,
                                 IORING_ENTER_GETEVENTS | IORING_ENTER_EXT_ARG, (sigset_t *)&arg,
                                 sizeof(arg));
        if (taken == IO_URING_READ_ONCE(*uring->cq.ktail) || (rc < 0 && rc != -EINTR))
            return;
    }
}

static void stop_ring(struct stop *stop)
{
    drain(stop->uring);
    if (!stop->stopped) {
        stop->stopped = true;
        atomic_fetch_sub(&running, 1);
    }
}

/* Stops the ring of the thread that the signal has interrupted, wherever that waits. */
static void stop_handler(int sig)
{
    int error = errno;

    (void)sig;
    if (own && !own->submitting)
        stop_ring(own);
    errno = error;
}

static void __attribute__((noreturn)) stop_here(struct stop *stop)
{
    stop->submitting = false;
    stop_ring(stop);
    for (;;)
        pause();
}

void stop_submitting(struct stop *stop)
{
    stop->submitting = true;
    if (atomic_load(&stopping))
        stop_here(stop);
}

void stop_submitted(struct stop *stop)
{
    stop->submitting = false;
    if (atomic_load(&stopping))
        stop_here(stop);
}

void stop_all(unsigned ms)
{
    struct sigaction action = {.sa_handler = stop_handler, .sa_flags = SA_RESTART};
    struct stop *stop;

    sigaction(SIGURG, &action, NULL);
    pthread_mutex_lock(&lock); /* not given up: their threads must not end */
    atomic_store(&end_ns, stats_now_ns() + ms * UINT64_C(1000000));
    LIST_FOREACH (stop, &rings, entry)
        atomic_fetch_add(&running, 1);
    atomic_store(&stopping, true);
    LIST_FOREACH (stop, &rings, entry)
        pthread_kill(stop->thread, SIGURG);
    while (atomic_load(&running) > 0 && stats_now_ns() < atomic_load(&end_ns))
        usleep(LOOK_US);
}
