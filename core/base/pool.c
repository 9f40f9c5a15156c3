/* pool.c: see pool.h. */
#define _GNU_SOURCE
#include "pool.h"

#include <assert.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>

#include "preload.h"
#include "thread.h"

enum { JOBS_MAX = 1024 }; /* that wait for a thread */

struct job {
    void (*run)(void *arg);
    void *arg;
};

struct pool {
    pthread_mutex_t lock;
    pthread_cond_t added;
    pthread_cond_t taken; /* there is room for a job, or all have ended */
    bool end;
    bool limited; /* the system gives no more threads */
    unsigned threads_max, threads;
    unsigned idle;    /* threads */
    unsigned running; /* jobs */
    unsigned first, len;
    struct job job[JOBS_MAX];
    pthread_t thread[];
};

static void *pool_main(void *arg)
{
    struct pool *pool = arg;

    preload_thread_begins();
    pthread_mutex_lock(&pool->lock);
    for (;;) {
        struct job job;
        pool->idle++;
        while (pool->len == 0 && !pool->end)
            pthread_cond_wait(&pool->added, &pool->lock);
        pool->idle--;
        if (pool->len == 0)
            break;
        job = pool->job[pool->first];
        pool->first = (pool->first + 1) % JOBS_MAX;
        pool->len--;
        pool->running++;
        pthread_cond_signal(&pool->taken);
        pthread_mutex_unlock(&pool->lock);
        job.run(job.arg);
        pthread_mutex_lock(&pool->lock);
        pool->running--;
        if (pool->running == 0 && pool->len == 0)
            pthread_cond_signal(&pool->taken);
    }
    pthread_mutex_unlock(&pool->lock);
    return NULL;
}

struct pool *pool_new(unsigned threads)
{
    struct pool *pool = calloc(1, sizeof(*pool) + threads * sizeof(pthread_t));

    if (!pool)
        return NULL;
    pool->threads_max = threads;
    pthread_mutex_init(&pool->lock, NULL);
    pthread_cond_init(&pool->added, NULL);
    pthread_cond_init(&pool->taken, NULL);
    return pool;
}

/* Called with the lock held. */
static void start_thread(struct pool *pool)
{
    if (thread_start(&pool->thread[pool->threads], pool_main, pool) == 0)
        pool->threads++;
    else
        pool->limited = true;
}

/* Adds the job, after waiting for room if may_wait. Returns false if it cannot be added. */
static bool add(struct pool *pool, struct job job, bool may_wait)
{
    bool added;

    pthread_mutex_lock(&pool->lock);
    assert(!pool->end);
    if (pool->len >= pool->idle && pool->threads < pool->threads_max && !pool->limited)
        start_thread(pool);
    while (may_wait && pool->threads > 0 && pool->len == JOBS_MAX)
        pthread_cond_wait(&pool->taken, &pool->lock);
    added = pool->threads > 0 && pool->len < JOBS_MAX;
    if (added) {
        pool->job[(pool->first + pool->len++) % JOBS_MAX] = job;
        pthread_cond_signal(&pool->added);
    }
    pthread_mutex_unlock(&pool->lock);
    return added;
}

void pool_add(struct pool *pool, void (*run)(void *arg), void *arg)
{
    if (!add(pool, (struct job){run, arg}, true))
        run(arg);
}

bool pool_offer(struct pool *pool, void (*run)(void *arg), void *arg)
{
    return add(pool, (struct job){run, arg}, false);
}

void pool_wait(struct pool *pool)
{
    pthread_mutex_lock(&pool->lock);
    while (pool->len > 0 || pool->running > 0)
        pthread_cond_wait(&pool->taken, &pool->lock);
    pthread_mutex_unlock(&pool->lock);
}

void pool_free(struct pool *pool)
{
    if (!pool)
        return;
    pool_wait(pool);
    pthread_mutex_lock(&pool->lock);
    pool->end = true;
    pthread_cond_broadcast(&pool->added);
    pthread_mutex_unlock(&pool->lock);
    for (unsigned i = 0; i < pool->threads; i++)
        pthread_join(pool->thread[i], NULL);
    assert(pool->len == 0 && pool->running == 0);
    pthread_cond_destroy(&pool->taken);
    pthread_cond_destroy(&pool->added);
    pthread_mutex_destroy(&pool->lock);
    free(pool);
}
