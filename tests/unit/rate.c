/* rate.c: tests of core/base/rate.c. This program has its own clock, which only its own
 * nanosleep(2) and the tests move. */
#define _GNU_SOURCE
#include "../support/check.h"

#include <time.h>

#include "../../core/base/rate.h"

enum { SECOND = 1000000000 };

static uint64_t now_ns = 5ULL * SECOND;

int clock_gettime(clockid_t id, struct timespec *ts)
{
    (void)id;
    *ts = (struct timespec){(time_t)(now_ns / SECOND), (long)(now_ns % SECOND)};
    return 0;
}

int nanosleep(const struct timespec *wait, struct timespec *left)
{
    (void)left;
    now_ns += (uint64_t)wait->tv_sec * SECOND + (uint64_t)wait->tv_nsec;
    return 0;
}

/* Takes the bytes; returns the milliseconds that this waited. */
static uint64_t take_ms(struct rate *rate, uint64_t bytes)
{
    uint64_t before = now_ns;

    rate_take(rate, bytes);
    return (now_ns - before) / 1000000;
}

static void earlier_bytes_are_paid_for(void **state)
{
    struct rate rate = {.bytes_per_second = 1000};

    (void)state;
    assert_int_equal(take_ms(&rate, 500), 0);
    assert_int_equal(take_ms(&rate, 250), 500);
    now_ns += SECOND / 10;
    assert_int_equal(take_ms(&rate, 1), 150);
}

static void of_many_bytes_the_last_seconds_are_not_waited_for(void **state)
{
    struct rate rate = {.bytes_per_second = 1000};

    (void)state;
    assert_int_equal(take_ms(&rate, 3500), 2500);
    assert_int_equal(take_ms(&rate, 1), 1000);
}

static void an_idle_time_is_not_saved_up(void **state)
{
    struct rate rate = {.bytes_per_second = 1000};

    (void)state;
    assert_int_equal(take_ms(&rate, 1000), 0);
    now_ns += 60ULL * SECOND;
    assert_int_equal(take_ms(&rate, 1000), 0);
    assert_int_equal(take_ms(&rate, 1000), 1000);
}

static void without_a_limit_nothing_waits(void **state)
{
    (void)state;
    assert_int_equal(take_ms(NULL, UINT64_MAX), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(earlier_bytes_are_paid_for),
        cmocka_unit_test(of_many_bytes_the_last_seconds_are_not_waited_for),
        cmocka_unit_test(an_idle_time_is_not_saved_up),
        cmocka_unit_test(without_a_limit_nothing_waits),
    };

    return cmocka_run_group_tests_name("rate", tests, NULL, NULL);
}
