/* crew.c: tests of core/crew.c: when a worker asks for another one, and when an extra one leaves.
 */
#define _GNU_SOURCE
#include "../support/check.h"

#include <stdbool.h>
#include <sys/resource.h>
#include <unistd.h>

#include "../../core/crew.h"

enum {
    MANY_CALLS = 1000,
};

static unsigned asked;

static void count_asked(struct crew_member *member)
{
    (void)member;
    asked++;
}

static struct crew_member make_member(bool extra)
{
    asked = 0;
    return (struct crew_member){.waited = count_asked, .extra = extra};
}

static long sleeps(void)
{
    struct rusage usage;

    getrusage(RUSAGE_THREAD, &usage);
    return usage.ru_nvcsw;
}

/* Sleeps until the kernel has counted it: on a slow machine a timer can be up before that. */
static void sleep_once(void)
{
    long before = sleeps();

    do
        usleep(100);
    while (sleeps() == before);
}

/* Makes some calls, which sleep or do not. Returns whether the worker leaves during them. */
static bool make_calls(struct crew_member *member, unsigned calls, bool sleeping)
{
    bool leaves = false;

    for (unsigned i = 0; i < calls && !leaves; i++) {
        crew_before(member);
        if (sleeping)
            sleep_once();
        crew_after(member);
        leaves = crew_leaves(member);
    }
    return leaves;
}

static void a_worker_that_sleeps_asks_for_another(void **state)
{
    struct crew_member member = make_member(false);

    (void)state;
    assert_false(make_calls(&member, 1, true));
    assert_int_equal(asked, 1);
    assert_false(make_calls(&member, 200, true));
    assert_true(asked >= 20); /* not each call is watched */
}

static void a_worker_that_does_not_sleep_stays_alone(void **state)
{
    struct crew_member member = make_member(false);

    (void)state;
    assert_false(make_calls(&member, MANY_CALLS, false)); /* and it is not extra: it stays */
    assert_int_equal(asked, 0);
}

static void sleeping_between_the_calls_does_not_count(void **state)
{
    struct crew_member member = make_member(false);

    (void)state;
    for (int i = 0; i < 5; i++) {
        sleep_once();
        assert_false(make_calls(&member, 1, false));
    }
    assert_int_equal(asked, 0);
}

static void an_extra_worker_leaves_when_nothing_is_waited_for(void **state)
{
    struct crew_member member = make_member(true);

    (void)state;
    assert_false(make_calls(&member, MANY_CALLS, true));
    assert_true(make_calls(&member, MANY_CALLS, false));
}

static void a_worker_without_a_crew_stays(void **state)
{
    (void)state;
    assert_false(make_calls(NULL, 2, true));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_worker_that_sleeps_asks_for_another),
        cmocka_unit_test(a_worker_that_does_not_sleep_stays_alone),
        cmocka_unit_test(sleeping_between_the_calls_does_not_count),
        cmocka_unit_test(an_extra_worker_leaves_when_nothing_is_waited_for),
        cmocka_unit_test(a_worker_without_a_crew_stays),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
