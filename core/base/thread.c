/* thread.c: see thread.h. */
#define _GNU_SOURCE
#include "thread.h"

#ifdef __SANITIZE_THREAD__
enum { STACK_BYTES = 8 * 1024 * 1024 }; /* the sanitizer's state of the thread is there, too */
#else
enum { STACK_BYTES = 1024 * 1024 };
#endif

int thread_start(pthread_t *thread, void *(*main)(void *), void *arg)
{
    pthread_attr_t attr;
    int rc;

    pthread_attr_init(&attr);
    pthread_attr_setstacksize(&attr, STACK_BYTES);
    rc = pthread_create(thread, &attr, main, arg);
    pthread_attr_destroy(&attr);
    return rc;
}
