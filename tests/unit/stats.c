/* stats.c: tests of core/base/stats.c: sums, and times that agree with the clock. */
#define _GNU_SOURCE
#include "../support/check.h"

#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "../../core/base/stats.h"
#include "../support/child.h"

static const uint64_t ms_ns = 1000000; /* a millisecond */

static void workers_are_added_up(void **state)
{
    const struct stats one = {.files = 1,
                              .failed = 2,
                              .bytes_read = 3,
                              .bytes_written = 4,
                              .wall_ns = 5,
                              .user_ns = 6,
                              .system_ns = 7,
                              .hash_ns = 8,
                              .switches = 9,
                              .requests = 10,
                              .enters = 11,
                              .direct_bytes = 12,
                              .resident_files = 13,
                              .in_flight_peak = 14,
                              .in_flight_ns = 15,
                              .runqueue_ns = 16};
    struct stats each[2] = {0}, sum = {.each = each, .each_len = 2};

    (void)state;
    stats_add(&sum, &one);
    stats_add(&sum, &one);
    assert_int_equal(sum.workers, 2);
    assert_int_equal(sum.files, 2);
    assert_int_equal(sum.failed, 4);
    assert_int_equal(sum.bytes_read, 6);
    assert_int_equal(sum.bytes_written, 8);
    assert_int_equal(sum.wall_ns, 10);
    assert_int_equal(sum.user_ns, 12);
    assert_int_equal(sum.system_ns, 14);
    assert_int_equal(sum.hash_ns, 16);
    assert_int_equal(sum.switches, 18);
    assert_int_equal(sum.requests, 20);
    assert_int_equal(sum.enters, 22);
    assert_int_equal(sum.direct_bytes, 24);
    assert_int_equal(sum.resident_files, 26);
    assert_int_equal(sum.in_flight_peak, 28);
    assert_int_equal(sum.in_flight_ns, 30);
    assert_int_equal(sum.runqueue_ns, 32);
    assert_memory_equal(&each[0], &one, sizeof(one));
    assert_memory_equal(&each[1], &one, sizeof(one));
    stats_add(&sum, &one); /* one more than fits */
    assert_int_equal(sum.workers, 3);
}

static void sleeping_is_waiting(void **state)
{
    struct stats stats = {0};

    (void)state;
    stats_start(&stats);
    usleep(50000);
    stats_stop(&stats);
    assert_true(stats.wall_ns >= 50 * ms_ns);
    assert_uint_in_range(stats.user_ns + stats.system_ns, 0, 40 * ms_ns);
    assert_uint_in_range(stats_waiting_ns(&stats), 20 * ms_ns,
                         stats.wall_ns); /* valgrind computes */
    assert_uint_in_range(stats.switches, 1, 1000);
}

static void computing_is_not_waiting(void **state)
{
    struct stats stats = {0};
    struct timespec start, now;
    uint64_t cpu_ns;

    (void)state;
    stats_start(&stats);
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &start);
    do {
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
        cpu_ns = (uint64_t)(now.tv_sec - start.tv_sec) * 1000 * ms_ns + (uint64_t)now.tv_nsec -
                 (uint64_t)start.tv_nsec;
    } while (cpu_ns < 50 * ms_ns);
    stats_stop(&stats);
    assert_uint_in_range(stats.user_ns + stats.system_ns, 40 * ms_ns, stats.wall_ns + 10 * ms_ns);
    assert_true(stats_waiting_ns(&stats) <= stats.wall_ns - 40 * ms_ns);
}

static void waiting_is_never_negative(void **state)
{
    /* the kernel counts CPU time and the clock by different ticks */
    const struct stats stats = {.wall_ns = 10, .user_ns = 8, .system_ns = 3};

    (void)state;
    assert_int_equal(stats_waiting_ns(&stats), 0);
}

/* Competes with another process for one processor, so that each must wait. It is no thread, because
 * valgrind runs one thread of a program at a time. */
static void being_ready_is_counted(void **state)
{
    struct stats stats = {0};
    cpu_set_t one, all;
    uint64_t end_ns;
    pid_t pid;

    (void)state;
    if (access("/proc/thread-self/schedstat", R_OK) < 0)
        return;
    assert_int_equal(sched_getaffinity(0, sizeof(all), &all), 0);
    CPU_ZERO(&one);
    for (size_t i = 0; CPU_COUNT(&one) == 0; i++)
        if (CPU_ISSET(i, &all))
            CPU_SET(i, &one);
    assert_int_equal(sched_setaffinity(0, sizeof(one), &one), 0);
    pid = child_start();
    if (pid == 0)
        for (;;)
            ;
    stats_start(&stats);
    end_ns = stats_now_ns() + 200 * ms_ns;
    while (stats_now_ns() < end_ns)
        ;
    stats_stop(&stats);
    assert_int_equal(kill(pid, SIGKILL), 0);
    assert_int_equal(waitpid(pid, NULL, 0), pid);
    assert_int_equal(sched_setaffinity(0, sizeof(all), &all), 0);
    assert_uint_in_range(stats.runqueue_ns, 40 * ms_ns, 100000 * ms_ns);
}

static void process_is_measured(void **state)
{
    struct stats sum = {.files = 3};

    (void)state;
    stats_finish(&sum);
    assert_int_equal(sum.files, 3);
    assert_true(sum.process_ns > 0);
}

static void peak_is_of_this_process(void **state)
{
    const size_t len = 64 << 20;
    uint64_t before = stats_memory_peak();
    char *bytes = malloc(len);

    (void)state;
    assert_non_null(bytes);
    memset(bytes, 1, len);
    assert_uint_in_range(stats_memory_peak(), before + len / 2,
                         before + 16 * len); /* a sanitizer takes more */
    free(bytes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(workers_are_added_up),     cmocka_unit_test(sleeping_is_waiting),
        cmocka_unit_test(computing_is_not_waiting), cmocka_unit_test(waiting_is_never_negative),
        cmocka_unit_test(being_ready_is_counted),   cmocka_unit_test(process_is_measured),
        cmocka_unit_test(peak_is_of_this_process),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
