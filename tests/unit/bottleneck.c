/* bottleneck.c: tests of cmd/cli/bottleneck.c: what a run was bound by, from counters that are made
 * up.
 */
#define _GNU_SOURCE
#include "../support/check.h"

#include <stdio.h>
#include <string.h>

#include "../../core/base/limits.h"
#include "../../cmd/cli/options.h"
#include "../../cmd/cli/stats.h"

static const uint64_t percent_ns = 10000000; /* of a second */

/* Makes counters of a run with many files, of one second in each worker; all others are zero. */
static struct stats run_of(unsigned workers, unsigned hash, unsigned other)
{
    return (struct stats){.files = 1000,
                          .workers = workers,
                          .wall_ns = workers * 100ull * percent_ns,
                          .hash_ns = (uint64_t)workers * hash * percent_ns,
                          .user_ns = (uint64_t)workers * hash * percent_ns,
                          .system_ns = (uint64_t)workers * other * percent_ns};
}

static void check(const struct engine *engine, const struct stats *stats, double in_flight_mean,
                  const char *by, const char *says)
{
    const struct cli_common common = {.digest = "SHA256"};
    struct cli_bottleneck bottleneck = cli_bottleneck(&common, engine, stats, in_flight_mean);

    assert_string_equal(bottleneck.by, by);
    if (!strstr(bottleneck.text, says))
        fail_msg("\"%s\" is not in: %s", says, bottleneck.text);
}

static void one_worker_of_a_cached_tree(void **state)
{
    struct stats stats = run_of(1, 97, 2);
    char jobs[64];

    (void)state;
    snprintf(jobs, sizeof(jobs), "-j%u would help, a deeper queue would not", limits_processors());
    if (limits_processors() == 1)
        check(&engine_uring, &stats, 0, "cpu", "no processor is left");
    else
        check(&engine_uring, &stats, 0, "cpu", jobs);
    check(&engine_uring, &stats, 0, "cpu", "97% in SHA256");
    check(&engine_sync, &stats, 0, "cpu", "97% in SHA256");
}

static void as_many_workers_as_processors(void **state)
{
    struct stats stats = run_of(limits_processors(), 80, 15);

    (void)state;
    check(&engine_uring, &stats, 0, "cpu", "no processor is left: neither");
}

static void others_have_the_processors(void **state)
{
    struct stats stats = run_of(1, 40, 10);

    (void)state;
    stats.runqueue_ns = 45 * percent_ns;
    stats.hash_ns = 75 * percent_ns; /* by the clock, so with some waiting */
    check(&engine_uring, &stats, 0, "cpu", "no processor is left: neither");
    check(&engine_uring, &stats, 0, "cpu", "72% in SHA256");
    stats = run_of(1, 10, 10);
    stats.runqueue_ns = 79 * percent_ns;
    check(&engine_uring, &stats, 0, "cpu", "would help; other processes, or a CPU quota, had the");
    check(&engine_uring, &stats, 0, "cpu", "processors for 79% of its time");
}

static void own_workers_have_the_processors(void **state)
{
    struct stats stats = run_of(8 * limits_processors(), 8, 4);

    struct cli_bottleneck bottleneck;

    (void)state;
    stats.runqueue_ns = stats.wall_ns / 100 * 85;
    check(&engine_sync, &stats, 0, "cpu", "no processor is left: neither");
    bottleneck = cli_bottleneck(&(struct cli_common){}, &engine_sync, &stats, 0);
    assert_null(strstr(bottleneck.text, "other processes"));
}

static void one_file(void **state)
{
    struct stats stats = run_of(1, 90, 5);

    (void)state;
    stats.files = 1;
    check(&engine_uring, &stats, 8, "cpu", "one file's digest is one processor's work");
}

/* 1 s by clock: 0.96 in the digest on a thread of its own, of which the worker waited 0.6 for it */
static void one_file_with_a_thread_for_its_digest(void **state)
{
    struct stats stats = run_of(1, 96, 38);

    (void)state;
    stats.files = 1;
    stats.sink_overlap_ns = 36 * percent_ns;
    stats.wall_ns += stats.sink_overlap_ns;
    check(&engine_uring, &stats, 0, "cpu", "96% in SHA256");
    stats.wall_ns += 100 * percent_ns; /* the disk took longer */
    check(&engine_uring, &stats, 0, "both", "57% computing");
}

static void one_file_on_one_worker(void **state)
{
    struct stats stats = run_of(1, 80, 15);
    const struct cli_common common = {.digest = "SHA256", .jobs = 1};
    struct cli_bottleneck bottleneck;

    (void)state;
    stats.files = 1;
    bottleneck = cli_bottleneck(&common, &engine_uring, &stats, 0);
    assert_non_null(
        strstr(bottleneck.text, limits_processors() > 1 ? "-j2 would" : "neither more"));
}

static void system_calls(void **state)
{
    struct stats stats = run_of(limits_processors(), 10, 80);

    (void)state;
    check(&engine_sync, &stats, 0, "cpu", "90% computing, most of it in system calls");
}

static void one_read_at_a_time(void **state)
{
    struct stats stats = run_of(1, 10, 5);

    const char *why = NULL;
    int error = 0;

    (void)state;
    /* the ring is recommended only if it can run here */
    check(&engine_sync, &stats, 0, "latency",
          engine_find("uring", NULL, &why, &error) ? "would help (--engine=uring, or -j16), more"
                                                   : "would help (-j16), more");
    check(&engine_uring, &stats, 0, "latency", "would help (-j16), more");
    check(&engine_sync, &stats, 0, "latency", "85% waiting for I/O, one read at a time");
}

static void no_more_workers(void **state)
{
    const struct cli_common common = {.one_worker = true};
    struct stats stats = run_of(1, 0, 5);
    struct cli_bottleneck bottleneck = cli_bottleneck(&common, &engine_sync, &stats, 0);

    (void)state;
    assert_string_equal(bottleneck.by, "latency");
    assert_null(strstr(bottleneck.text, "-j"));
    bottleneck = cli_bottleneck(&common, &engine_uring, &stats, 0);
    assert_non_null(strstr(bottleneck.text, "more in flight would help, more processors"));
    stats = run_of(1, 0, 95);
    bottleneck = cli_bottleneck(&common, &engine_uring, &stats, 0);
    assert_non_null(strstr(bottleneck.text, "one worker writes: neither more workers"));
    stats = run_of(1, 0, 50);
    bottleneck = cli_bottleneck(&common, &engine_uring, &stats, 0);
    assert_string_equal(bottleneck.by, "both");
    assert_null(strstr(bottleneck.text, "-j"));
}

static void full_queue(void **state)
{
    struct stats stats = run_of(2, 10, 5);

    (void)state;
    stats.enters = 100;
    stats.in_flight_peak = 128;
    check(&engine_uring, &stats, 100, "device", "85% waiting for I/O with 100 requests in flight");
    stats.in_flight_peak = 2; /* as with a FIFO or two: no queue could be full */
    check(&engine_uring, &stats, 2, "latency", "no more requests could be issued");
    stats.in_flight_peak = 128;
    check(&engine_uring, &stats, 3, "latency", "a deeper queue would not help");
}

static void slow_walk(void **state)
{
    struct stats stats = run_of(2, 10, 5);

    (void)state;
    stats.feed_ns = (uint64_t)2 * 70 * percent_ns;
    check(&engine_uring, &stats, 3, "names", "the walk or the list: 70% waiting for the next name");
    stats.listing = (struct stats_listing){.ns = 60 * percent_ns, .directories = 9};
    check(&engine_uring, &stats, 3, "names", "by listing directories: 70% waiting");
    stats.listing.slowest_ns = 50 * percent_ns;
    check(&engine_uring, &stats, 3, "names", "by listing one directory: 70% waiting");
    stats.listing.slowest_ns = stats.listing.ns = 30 * percent_ns; /* less than half of the wait */
    check(&engine_uring, &stats, 3, "names", "the walk or the list: 70% waiting");
}

static void some_of_each(void **state)
{
    struct stats stats = run_of(1, 40, 10);

    (void)state;
    stats.enters = 1;
    check(&engine_uring, &stats, 10, "both", "50% computing, 50% waiting for I/O");
    check(&engine_uring, &stats, 10, "both", "more workers (-j) would compute");
}

static void nothing(void **state)
{
    struct stats stats = {.workers = 1};

    (void)state;
    check(&engine_uring, &stats, 0, "nothing", "no file");
}

static void too_short(void **state)
{
    struct stats stats = run_of(2, 90, 5);

    (void)state;
    stats.wall_ns = 2 * UINT64_C(19000000);
    check(&engine_uring, &stats, 0, "short", "too short to tell");
    stats.wall_ns = 2 * UINT64_C(20000000);
    check(&engine_uring, &stats, 0, "cpu", "CPU-bound");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_worker_of_a_cached_tree),
        cmocka_unit_test(as_many_workers_as_processors),
        cmocka_unit_test(others_have_the_processors),
        cmocka_unit_test(own_workers_have_the_processors),
        cmocka_unit_test(one_file),
        cmocka_unit_test(one_file_with_a_thread_for_its_digest),
        cmocka_unit_test(one_file_on_one_worker),
        cmocka_unit_test(system_calls),
        cmocka_unit_test(one_read_at_a_time),
        cmocka_unit_test(no_more_workers),
        cmocka_unit_test(full_queue),
        cmocka_unit_test(slow_walk),
        cmocka_unit_test(some_of_each),
        cmocka_unit_test(nothing),
        cmocka_unit_test(too_short),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
