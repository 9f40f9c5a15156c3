/* thread.h: threads whose stacks have one size. */
#ifndef CORE_BASE_THREAD_H
#define CORE_BASE_THREAD_H

#include <pthread.h>

/* Starts a thread, with a stack of 512 KiB: the system's default is RLIMIT_STACK, of which 16
 * threads take 128 MiB of RLIMIT_AS if it is 8 MiB, and which can be too small, too. Returns as
 * pthread_create(3). The caller joins or detaches the thread. */
int thread_start(pthread_t *thread, void *(*main)(void *), void *arg);

#endif
