/* thread.h: threads whose stacks have one size. */
#ifndef CORE_BASE_THREAD_H
#define CORE_BASE_THREAD_H

#include <pthread.h>

/* Starts a thread with a stack of 1 MiB. The system's default is RLIMIT_STACK, which can be too
 * small; if it is 8 MiB, 16 threads take 128 MiB of RLIMIT_AS. Returns as pthread_create(3). The
 * caller joins or detaches the thread. */
int thread_start(pthread_t *thread, void *(*main)(void *), void *arg);

#endif
