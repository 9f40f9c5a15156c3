/* pool.c: tests of core/base/pool.c: jobs overlap, none is lost, and it ends. */
#define _GNU_SOURCE
#include "../support/check.h"

#include <pthread.h>
#include <stdatomic.h>

#include "../../core/base/pool.h"

enum { THREADS = 8, JOBS = 5000 };

static atomic_uint done;
static pthread_barrier_t barrier;

static void count(void *arg)
{
    atomic_fetch_add(&done, *(unsigned *)arg);
}

static void meet(void *arg)
{
    (void)arg;
    pthread_barrier_wait(&barrier);
    atomic_fetch_add(&done, 1);
}

static void jobs_overlap(void **state)
{
    struct pool *pool = pool_new(THREADS);

    (void)state;
    assert_non_null(pool);
    atomic_store(&done, 0);
    pthread_barrier_init(&barrier, NULL, THREADS);
    for (unsigned i = 0; i < 3 * THREADS; i++)
        pool_add(pool, meet, NULL);
    pool_wait(pool);
    assert_int_equal(atomic_load(&done), 3 * THREADS);
    pool_free(pool);
    pthread_barrier_destroy(&barrier);
}

static void none_is_lost(void **state)
{
    unsigned one = 1;

    (void)state;
    for (unsigned threads = 1; threads <= THREADS; threads++) {
        struct pool *pool = pool_new(threads);
        assert_non_null(pool);
        atomic_store(&done, 0);
        for (unsigned i = 0; i < JOBS; i++)
            pool_add(pool, count, &one);
        if (threads % 2)
            pool_wait(pool);
        pool_free(pool);
        assert_int_equal(atomic_load(&done), JOBS);
    }
}

static void one_without_jobs_ends(void **state)
{
    struct pool *pool = pool_new(THREADS);

    (void)state;
    pool_wait(pool);
    pool_free(pool);
    pool_free(NULL);
}

/* If no thread can be started, the caller runs the job. */
static void works_without_threads(void **state)
{
    unsigned one = 1;
    struct pool *pool = pool_new(0);

    (void)state;
    atomic_store(&done, 0);
    pool_add(pool, count, &one);
    assert_int_equal(atomic_load(&done), 1);
    pool_wait(pool);
    pool_free(pool);
}

struct offering {
    struct pool *pool;
    unsigned left;
};

static void offer_again(void *arg)
{
    struct offering *offering = arg;

    atomic_fetch_add(&done, 1);
    if (offering->left-- > 0)
        assert_true(pool_offer(offering->pool, offer_again, offering));
}

/* A job may offer the next one: waiting takes it in. */
static void jobs_offer_jobs(void **state)
{
    struct offering offering = {.pool = pool_new(2), .left = JOBS};

    (void)state;
    atomic_store(&done, 0);
    assert_true(pool_offer(offering.pool, offer_again, &offering));
    pool_wait(offering.pool);
    assert_int_equal(atomic_load(&done), JOBS + 1);
    pool_free(offering.pool);
}

/* An offer never waits, and never makes the calls itself. */
static void offers_are_refused(void **state)
{
    struct pool *none = pool_new(0), *one = pool_new(1);
    unsigned number = 1, taken = 0;

    (void)state;
    atomic_store(&done, 0);
    assert_false(pool_offer(none, count, &number));
    assert_int_equal(atomic_load(&done), 0);
    pthread_barrier_init(&barrier, NULL, 2);
    assert_true(pool_offer(one, meet, NULL));
    while (pool_offer(one, count, &number))
        taken++;
    assert_true(taken > 0);
    pthread_barrier_wait(&barrier);
    pool_wait(one);
    assert_int_equal(atomic_load(&done), taken + 1);
    pool_free(one);
    pool_free(none);
    pthread_barrier_destroy(&barrier);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(jobs_overlap),          cmocka_unit_test(none_is_lost),
        cmocka_unit_test(one_without_jobs_ends), cmocka_unit_test(works_without_threads),
        cmocka_unit_test(jobs_offer_jobs),       cmocka_unit_test(offers_are_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
