/* uring/stop.h: ends the requests of rings before the process ends. Otherwise the kernel ends them
 * later, and until then their filesystem cannot be unmounted. */
#ifndef CORE_URING_STOP_H
#define CORE_URING_STOP_H

#include <liburing.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/queue.h>

/* A ring that can be stopped. */
struct stop {
    struct io_uring *uring;
    pthread_t thread; /* the only one that uses it */
    volatile sig_atomic_t submitting;
    volatile sig_atomic_t stopped; /* has been counted */
    LIST_ENTRY(stop) entry;
};

/* Adds a ring of the calling thread, and removes it before it ends. */
void stop_add(struct stop *stop, struct io_uring *uring);
void stop_remove(struct stop *stop);

/* Enclose each submission: after stop_all they do not return. */
void stop_submitting(struct stop *stop);
void stop_submitted(struct stop *stop);

/* Cancels the requests of all rings, or waits for them, until ms milliseconds have passed. Their
 * threads submit no more, and no ring begins or ends afterwards. Uses SIGURG, which these threads
 * must not block. */
void stop_all(unsigned ms);

#endif
