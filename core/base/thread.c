/* thread.c: see thread.h. */
#define _GNU_SOURCE
#include "thread.h"

enum { STACK_BYTES = 512 * 1024 };

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
