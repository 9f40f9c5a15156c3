/* abench_answer.c: tests of abench's answer, bottleneck and recommendation, on samples made by
 * hand. */
#define _GNU_SOURCE
#include "../support/arms.h"
#include "../support/check.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "../../cmd/abench/report/answer.h"
#include "../../cmd/abench/report/verdict.h"

static const struct machine machine = {.processors = 2};

/* Returns the answer, or fails if its first line does not contain text. */
static struct answer ask(const char *text)
{
    struct answer answer = answer_find(&bench, BENCH_COLD);
    char *line = answer_line(&bench, &answer, BENCH_COLD);

    assert_non_null(line);
    if (!strstr(line, text))
        fail_msg("'%s' does not contain '%s'", line, text);
    free(line);
    return answer;
}

static enum bottleneck bottleneck_now(void)
{
    struct verdict verdict;

    assert_true(verdict_reach(&bench, BENCH_COLD, &verdict));
    return verdict.bottleneck;
}

static void faster_than_one_and_than_threads(void **state)
{
    (void)state;
    set_up(&one_thread, &threads, &ring);
    struct answer answer = ask(
        "?  YES   8.0 times as fast as 1 blocking thread\n2.0 times as fast as 16");
    assert_int_equal(answer.kind, ANSWER_YES);
    assert_int_equal(bottleneck_now(), BOTTLENECK_LATENCY);
    assert_string_equal(bench.arms[answer.use].name, "uring");
}

/* Makes a contradiction: the second arm is faster than the first within most rounds, but the
 * machine was fast in the other rounds of the first, and slow in those of the second. */
static void contradict(void)
{
    enum { MANY = 20, OTHERS = 3 };

    for (unsigned arm = 0; arm < 2; arm++) {
        struct bench_sample *samples = calloc(MANY, sizeof(*samples));
        assert_non_null(samples);
        for (unsigned i = 0; i < MANY; i++) {
            samples[i] = bench.arms[arm].samples[0];
            samples[i].round = i + 1;
            samples[i].seconds = i < OTHERS ? (arm ? MANY : 1) : i / (arm ? 1.1 : 1.0);
        }
        free(bench.arms[arm].samples);
        bench.arms[arm].samples = samples;
        bench.arms[arm].n_samples = MANY;
    }
}

static void rounds_and_medians_disagree(void **state)
{
    struct bench_ratio of;

    (void)state;
    set_up(&one_thread, &ring, NULL);
    contradict();
    of = summary_compare(&bench, 1, 0, BENCH_COLD);
    assert_true(of.low > 1 && of.ratio > 1.05);
    assert_true(summary_of(&bench, 1, BENCH_COLD).median >
                summary_of(&bench, 0, BENCH_COLD).median);
    assert_true(of.contrary && !of.faster);
    assert_true(summary_compare(&bench, 0, 1, BENCH_COLD).contrary);
    struct bench_summary sum = summary_of(&bench, 1, BENCH_COLD);
    assert_false(summary_detectable(&sum));
    assert_false(summary_faster(&bench, 1, 0, BENCH_COLD));
    struct answer answer = ask(
        "?  CANNOT TELL\nno difference can be told: within the rounds the faster"
        " one is io_uring, but by the median time it is 1 blocking thread");
    assert_int_equal(answer.kind, ANSWER_UNKNOWN);
    /* of arms without io_uring, too */
    set_up(&one_thread, &threads, NULL);
    contradict();
    answer = ask("Which is the fastest?  CANNOT TELL\nno difference can be told: within the rounds "
                 "the faster one is 16 blocking threads, but by the median time it is 1 blocking");
    assert_true(answer.undecided);
}

static void threads_are_as_fast(void **state)
{
    struct figures equal = ring, slower = ring;

    (void)state;
    equal.seconds = 2;
    set_up(&one_thread, &threads, &equal);
    assert_int_equal(ask("?  NO MORE THAN 16 THREADS\n").kind, ANSWER_THREADS);
    /* random reads at a part of the CPU time are a gain */
    bench.opts.pattern = "random";
    bench.opts.pattern_bytes = 1000000;
    for (size_t i = 0; i < bench.n_arms; i++)
        bench.arms[i].pattern_block = 4096;
    assert_int_equal(ask("?  YES ").kind, ANSWER_YES);
    /* what measured best is recommended */
    slower.seconds = 2.5;
    set_up(&one_thread, &threads, &slower);
    struct answer answer = ask("?  NO MORE THAN 16 THREADS\n");
    assert_string_equal(bench.arms[answer.use].name, "sync-j16");
    char *use = answer_use_line(&bench, &answer, BENCH_COLD);
    assert_non_null(strstr(use, "by itself it takes io_uring, in 1.25 times the time"));
    free(use);
}

/* Returns the recommended arm's name, or fails if its reason does not contain text. */
static const char *use_because(const char *text)
{
    struct answer answer = answer_find(&bench, BENCH_COLD);
    char *use = answer_use_line(&bench, &answer, BENCH_COLD);

    assert_non_null(use);
    if (!strstr(use, text))
        fail_msg("'%s' does not contain '%s'", use, text);
    free(use);
    return bench.arms[answer.use].name;
}

static void what_the_command_does_by_itself_is_recommended(void **state)
{
    struct figures several = threads, last = ring;

    (void)state;
    last.seconds = 2.02; /* the threads are no faster than that */
    last.usual = true;
    set_up(&one_thread, &several, &last);
    assert_string_equal(use_because("takes io_uring by itself; as fast as 16 blocking"), "uring");
    /* by the environment, say, the command takes blocking calls */
    last.usual = false;
    set_up(&one_thread, &several, &last);
    assert_string_equal(use_because("(measured best)"), "sync-j16");
    /* without io_uring it takes threads */
    last.name = "auto", last.ring = false, last.usual = true;
    set_up(&one_thread, &several, &last);
    bench.no_ring = "forbidden";
    assert_string_equal(use_because("takes blocking calls by itself; as fast as 16"), "auto");
    last.seconds = 3;
    set_up(&one_thread, &several, &last);
    bench.no_ring = "forbidden";
    assert_string_equal(use_because("by itself it takes blocking calls, in 1.50 times the time"),
                        "sync-j16");
}

static void nothing_waits(void **state)
{
    struct figures base = one_thread, several = threads, last = ring;

    (void)state;
    base.cpu = base.seconds = 2, base.waiting = 0.01;
    several.seconds = last.seconds = 1;
    several.cpu = last.cpu = 2;
    several.waiting = last.waiting = 0.01;
    set_up(&base, &several, &last);
    assert_int_equal(ask("?  NO   2.0 times as fast as 1 blocking thread\nas fast as 16").kind,
                     ANSWER_NO);
    assert_int_equal(bottleneck_now(), BOTTLENECK_CPU);
    /* two rings on two processors, not the ring: more threads take turns */
    several.seconds = 1.2;
    set_up(&base, &several, &last);
    assert_int_equal(ask("?  NO   2.0 times as fast as 1 blocking thread\n1.20 times as fast as 16 "
                         "blocking threads,\nby its workers")
                         .kind,
                     ANSWER_NO);
    last.cpu = 1.5;
    set_up(&base, &several, &last);
    assert_int_equal(ask("?  YES   2.0 times as fast as 1 blocking thread").kind, ANSWER_YES);
    last.cpu = 2;
    /* a gain of two workers over one is not the ring's */
    set_up(&base, NULL, &last);
    assert_int_equal(ask("?  NO   2.0 times as fast as 1 blocking thread,\nby its workers").kind,
                     ANSWER_NO);
    last.seconds = 2;
    set_up(&base, NULL, &last);
    assert_int_equal(ask("?  NO   as fast as 1 blocking thread").kind, ANSWER_NO);
}

static void only_the_device_is_device_bound(void **state)
{
    struct figures base = one_thread, last = ring;

    (void)state;
    last.seconds = base.seconds, last.waiting = base.waiting;
    /* always busy, but with one request at a time, and so is the ring */
    last.queue = base.queue = 1;
    set_up(&base, NULL, &last);
    assert_int_equal(ask("?  NO   as fast as").kind, ANSWER_NO);
    assert_int_equal(bottleneck_now(), BOTTLENECK_UNKNOWN);
    last.queue = 8;
    set_up(&base, NULL, &last);
    assert_int_equal(bottleneck_now(), BOTTLENECK_DEVICE);
    last.busy = base.busy = 0.04;
    set_up(&base, NULL, &last);
    assert_int_equal(bottleneck_now(), BOTTLENECK_UNKNOWN);
    char *why = verdict_line(&bench, &machine, BENCH_COLD);
    assert_null(strstr(why, "bound"));
    free(why);
}

static void a_limit_of_the_control_group_is_the_device_s(void **state)
{
    struct figures base = one_thread, last = ring;
    char *why;

    (void)state;
    last.seconds = base.seconds, last.waiting = base.waiting;
    last.busy = base.busy = 0.04;
    set_up(&base, NULL, &last);
    for (size_t i = 0; i < bench.arms[1].n_samples; i++)
        bench.arms[1].samples[i].device_limit = 0.97;
    assert_int_equal(ask("?  NO   as fast as").kind, ANSWER_NO);
    assert_int_equal(bottleneck_now(), BOTTLENECK_DEVICE);
    why = verdict_line(&bench, &machine, BENCH_COLD);
    assert_non_null(strstr(why, "the control group's limit for the device is 97% used"));
    free(why);
    /* what the page cache writes is not held back */
    for (size_t i = 0; i < bench.arms[1].n_samples; i++)
        bench.arms[1].samples[i].device_limit = 3;
    assert_int_equal(bottleneck_now(), BOTTLENECK_UNKNOWN);
}

/* A baseline that computes: a ring that is faster because it computes less has no waits to overlap,
 * and the reason says so. */
static void work_that_is_left_out(void **state)
{
    static const char *const says[] = {"what io_uring gains is work, as it computes for 100 ms",
                                       "a ring has little to overlap",
                                       "computes for 12.0 s on several processors in its 8.0"};
    struct figures base = one_thread, last = ring;

    (void)state;
    base.waiting = 1, base.cpu = 7, last.seconds = 4, last.waiting = 3;
    for (int i = 0; i < 3; i++) {
        last.cpu = i == 0 ? 0.1 : 6;
        base.cpu = i == 2 ? 12 : 7;
        set_up(&base, NULL, &last);
        assert_int_equal(bottleneck_now(), BOTTLENECK_CPU);
        char *why = verdict_line(&bench, &machine, BENCH_COLD);
        if (!strstr(why, says[i]))
            fail_msg("'%s' lacks '%s'", why, says[i]);
        free(why);
    }
}

static void ready_to_run_is_not_waiting(void **state)
{
    struct figures base = one_thread;

    (void)state;
    base.queued = base.waiting, base.waiting = 0;
    set_up(&base, NULL, &ring);
    assert_int_equal(bottleneck_now(), BOTTLENECK_UNKNOWN);
    assert_true(summary_of(&bench, 0, BENCH_COLD).waiting_share < 0.01);
}

static void no_answer_from_too_little(void **state)
{
    struct figures base = one_thread, last = ring;

    (void)state;
    set_up(&one_thread, &threads, &ring);
    for (unsigned i = 0; i < ROUNDS; i++)
        bench.arms[0].samples[i].others_seconds = 8;
    strcpy(bench.busiest, "stress");
    assert_int_equal(ask("CANNOT TELL\nother processes used").kind, ANSWER_UNKNOWN);
    assert_int_equal(bottleneck_now(), BOTTLENECK_UNKNOWN);
    set_up(&one_thread, &threads, &ring);
    bench.arms[2].n_samples = 2;
    assert_int_equal(ask("CANNOT TELL\n2 rounds are too few").kind, ANSWER_UNKNOWN);
    base.seconds = 0.003, last.seconds = 0.002;
    set_up(&base, NULL, &last);
    assert_int_equal(ask("CANNOT TELL\ntoo short to tell").kind, ANSWER_UNKNOWN);
    /* the best is so by chance: only the command without options can be recommended */
    assert_int_equal(answer_find(&bench, BENCH_COLD).use, 1);
    bench.arms[1].usual = false;
    assert_int_equal(answer_find(&bench, BENCH_COLD).use, ANSWER_NONE);
    assert_true(answer_find(&bench, BENCH_COLD).hint);
    set_up(&one_thread, &threads, NULL);
    bench.no_ring = "the kernel says no";
    assert_int_equal(ask("CANNOT TELL\nio_uring cannot be used: the kernel says no").kind,
                     ANSWER_UNKNOWN);
    /* without io_uring, the best is no more than a hint on a busy machine */
    for (unsigned i = 0; i < ROUNDS; i++)
        bench.arms[0].samples[i].others_seconds = 8;
    assert_true(answer_find(&bench, BENCH_COLD).undecided);
    /* between two thirds and one and a half times */
    last = ring, last.seconds = 8;
    set_up(&one_thread, NULL, &last);
    for (unsigned i = 0; i < ROUNDS; i++)
        bench.arms[1].samples[i].seconds = i % 2 ? 5.4 : 12;
    assert_int_equal(ask("CANNOT TELL\nio_uring takes between").kind, ANSWER_UNKNOWN);
}

static void a_hint_does_not_follow_chance(void **state)
{
    struct figures last = ring;

    (void)state;
    last.usual = true;
    set_up(&one_thread, &threads, &last);
    for (unsigned i = 0; i < ROUNDS; i++) {
        bench.arms[0].samples[i].others_seconds = 8;
        bench.arms[2].samples[i].seconds = i < 3 ? 1 : 3;
    }
    assert_string_equal(use_because("takes io_uring by itself; a hint, no more)"), "uring");
    for (unsigned i = 0; i < ROUNDS; i++)
        bench.arms[2].samples[i].seconds = 3;
    assert_string_equal(use_because("(measured best; a hint, no more)"), "sync-j16");
}

static void nothing_to_compare_with_is_no_lack_of_time(void **state)
{
    (void)state;
    set_up(&ring, NULL, NULL); /* --arms=uring */
    ask("CANNOT TELL\nno arm without io_uring to compare with; add sync to --arms");
    set_up(&one_thread, &ring, NULL); /* --sweep=block-size, without that of the other arms */
    bench.opts.pattern = "random";
    bench.arms[0].pattern_block = 8192;
    bench.arms[1].pattern_block = 4096;
    ask("CANNOT TELL\nthe arms with io_uring read blocks of other sizes than sync; sweep this");
    bench.arms[1].n_samples = 0; /* it did not run at all */
    bench.timed_out[BENCH_COLD] = true;
    ask("CANNOT TELL\nthe time was up before each arm had run");
}

static void what_to_ask_for_has_a_number(void **state)
{
    struct figures last = ring;

    (void)state;
    /* a round that the time limit ended: a run of 8 s from 10 s on, and half of one until 25 s */
    set_up(&one_thread, &threads, &ring);
    bench.opts.rounds = 50, bench.opts.rounds_min = 7, bench.opts.budget = 6;
    bench.rounds_done[BENCH_COLD] = 0;
    bench.timed_out[BENCH_COLD] = true;
    bench.arms[0].n_samples = bench.arms[1].n_samples = 1;
    bench.arms[2].n_samples = 0;
    bench.arms[0].samples[0].begin = 10;
    bench.arms[1].samples[0] = (struct bench_sample){
        .round = 1, .begin = 20, .seconds = 5, .timed_out = true, .check = CHECK_FAILED};
    ask("the time was up before each arm had run; use --time=290");
    bench.opts.warm = true; /* which has half of the time */
    ask("use --time=580");
    set_up(&one_thread, NULL, &ring);
    bench.rounds_done[BENCH_COLD] = 1;
    bench.opts.rounds = bench.opts.rounds_min = 1;
    bench.arms[0].n_samples = bench.arms[1].n_samples = 1;
    ask("1 round is too few, of which the ratio is 8.0 so far; use --runs=7");
    bench.opts.rounds = 50;
    bench.opts.operation = BENCH_COPY;
    ask("allow more copies with --keep-space");
    bench.timed_out[BENCH_COLD] = bench.interrupted = true;
    ask("let it run to its end");
    /* an interval that is too wide needs many more rounds */
    last.seconds = 8;
    set_up(&one_thread, NULL, &last);
    bench.timed_out[BENCH_COLD] = true;
    bench.opts.rounds = 50;
    for (unsigned i = 0; i < ROUNDS; i++)
        bench.arms[1].samples[i].seconds = i % 2 ? 5.4 : 12;
    ask("io_uring takes between");
    ask("use --time=");
}

static void arms_are_known_by_what_they_do(void **state)
{
    struct figures base = one_thread, last = ring;

    (void)state;
    /* the names swapped: the answer follows */
    base.name = "uring", base.ring = true, base.threads = 0;
    last.name = "sync", last.ring = false, last.threads = 1;
    set_up(&last, NULL, &base);
    assert_int_equal(ask("?  NO   0.12 times").kind, ANSWER_NO);
    /* neither is a ring */
    set_up(&one_thread, &threads, NULL);
    assert_int_equal(ask("Which is the fastest?  16 blocking threads, 4.0 times").kind,
                     ANSWER_NOT_ASKED);
    bench.baseline = 1; /* which is the fastest itself */
    assert_false(answer_unknown(&bench, BENCH_COLD));
    ask("Which is the fastest?  16 blocking threads, 4.0 times as fast as 1 blocking thread");
    bench.arms[0].samples[0].check = CHECK_NONE;
    ask("16 blocking threads is the only one whose result was compared");
    bench.baseline = 0;
}

static void the_fastest_is_not_known_from_too_little(void **state)
{
    struct figures same = one_thread;

    (void)state;
    set_up(&one_thread, &threads, NULL);
    bench.arms[1].n_samples = 2;
    ask("Which is the fastest?  CANNOT TELL\n2 rounds are too few");
    assert_true(answer_unknown(&bench, BENCH_COLD));
    set_up(&one_thread, &threads, NULL);
    for (unsigned i = 0; i < ROUNDS; i++)
        bench.arms[0].samples[i].others_seconds = 8;
    ask("Which is the fastest?  CANNOT TELL\nother processes used");
    same.name = "sync-j2", same.threads = 2;
    set_up(&one_thread, &same, NULL);
    ask("Which is the fastest?  CANNOT TELL   1 blocking thread is 1.00 times");
}

static void the_ratio_is_the_one_of_the_table(void **state)
{
    (void)state;
    set_up(&one_thread, &threads, &ring);
    bench.predictions[BENCH_COLD] = (struct bench_prediction){
        .made = true, .base = 0, .arm = 2, .gain = 4};
    struct answer answer = answer_find(&bench, BENCH_COLD);
    double ratio = summary_of(&bench, 2, BENCH_COLD).ratio;
    assert_float_equal(answer.over_base.ratio, ratio, 0);
    assert_float_equal(verdict_prediction_error(&bench, BENCH_COLD), 4 / ratio - 1, 1e-12);
    bench.predictions[BENCH_COLD].why_not = "its runs differ";
    assert_true(isnan(verdict_prediction_error(&bench, BENCH_COLD)));
    char *line = verdict_prediction_line(&bench, BENCH_COLD);
    assert_string_equal(line, "none: its runs differ");
    free(line);
}

/* Fails unless the line, which it frees, contains text; NULL: unless there is no line. */
static void has(char *line, const char *text)
{
    if (text)
        assert_non_null(line);
    if (line && (!text || !strstr(line, text)))
        fail_msg("'%s' is not '%s'", line, text ? text : "");
    free(line);
}

static void no_run_proves_nothing(void **state)
{
    struct answer answer;

    (void)state;
    set_up(&one_thread, &threads, &ring);
    bench.data.files = 300, bench.data.whole_files = 1500;
    bench.data.bytes = 3000000, bench.data.whole_bytes = 15000000;
    answer = answer_find(&bench, BENCH_COLD);
    has(answer_sure_line(&bench, &answer, BENCH_COLD), "same digests from every arm");
    has(answer_whole_line(&bench, BENCH_COLD), "300 of 1,500 files, 3.0 MB of 15.0 MB, over "
                                               "directories and sizes. All takes about 40.1 s");
    for (size_t i = 0; i < bench.n_arms; i++)
        bench.arms[i].n_samples = 0;
    answer = answer_find(&bench, BENCH_COLD);
    has(answer_sure_line(&bench, &answer, BENCH_COLD), "random order, no result was compared");
    has(answer_whole_line(&bench, BENCH_COLD), NULL);
    set_up(&one_thread, &threads, &ring);
    bench.data.whole_files = 0;
    has(answer_whole_line(&bench, BENCH_COLD), NULL);
}

static void evidence_has_a_unit_that_fits(void **state)
{
    (void)state;
    set_up(&one_thread, &threads, &ring);
    for (size_t i = 0; i < ROUNDS; i++)
        bench.arms[0].samples[i].device_read = 23420;
    has(verdict_evidence_line(&bench, 0, BENCH_COLD), "sync: 23.4 kB from the device");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(faster_than_one_and_than_threads),
        cmocka_unit_test(rounds_and_medians_disagree),
        cmocka_unit_test(threads_are_as_fast),
        cmocka_unit_test(what_the_command_does_by_itself_is_recommended),
        cmocka_unit_test(nothing_waits),
        cmocka_unit_test(only_the_device_is_device_bound),
        cmocka_unit_test(a_limit_of_the_control_group_is_the_device_s),
        cmocka_unit_test(work_that_is_left_out),
        cmocka_unit_test(ready_to_run_is_not_waiting),
        cmocka_unit_test(no_answer_from_too_little),
        cmocka_unit_test(a_hint_does_not_follow_chance),
        cmocka_unit_test(nothing_to_compare_with_is_no_lack_of_time),
        cmocka_unit_test(what_to_ask_for_has_a_number),
        cmocka_unit_test(arms_are_known_by_what_they_do),
        cmocka_unit_test(the_fastest_is_not_known_from_too_little),
        cmocka_unit_test(the_ratio_is_the_one_of_the_table),
        cmocka_unit_test(no_run_proves_nothing),
        cmocka_unit_test(evidence_has_a_unit_that_fits),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
