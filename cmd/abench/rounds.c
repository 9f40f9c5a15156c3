/* rounds.c: the rounds of all arms, in random order. See rounds.h. */
#define _GNU_SOURCE
#include "rounds.h"
#include "measure/arm.h"
#include "measure/cache.h"
#include "measure/child.h"
#include "measure/copies.h"
#include "measure/data.h"
#include "measure/hooks.h"
#include "measure/latency.h"
#include "measure/run.h"
#include "measure/sample.h"
#include "measure/source.h"
#include "measure/verify.h"
#include "report/summary.h"
#include "../cli/messages.h"
#include "../cli/quote.h"

#include <assert.h>
#include <gsl/gsl_randist.h>
#include <gsl/gsl_rng.h>
#include <math.h>
#include <stdlib.h>

enum { FIRST_PARTS = 4 }; /* of the time left, for a run of the first round */

static gsl_rng *rng; /* source of the order of the arms */

static double elapsed(const struct bench *bench)
{
    return bench_now() - bench->start;
}

/* Runs one arm, verifies it and keeps the sample. Returns false if no other arm can run. limit: the
 * seconds after which the run is only a reason to take a sample; INFINITY: there is no such. */
static bool measure_arm(struct bench *bench, struct bench_arm *arm, enum bench_cache cache,
                        unsigned round, unsigned position, double limit)
{
    struct bench_sample *sample = &arm->samples[arm->n_samples];
    char path[PATH_MAX], *dest = NULL;
    /* a run can take longer than expected, but not for any time */
    double last = fmax(2 * bench->opts.budget - elapsed(bench), 1);
    int rc = 0, refreshed;

    assert(arm->n_samples < 2 * (size_t)bench->opts.rounds); /* of both states */
    *sample = (struct bench_sample){.cache = cache, .round = round, .position = position};
    bench_show(bench, round, arm->label);
    bench->under_way = (struct bench_under_way){arm->label, round, position - 1};
    if (hooks_prepare(bench, arm) < 0) {
        if (!child_signal)
            exit(cli_exit_failure);
        return false;
    }
    if (bench->opts.operation == BENCH_COPY) {
        dest = path;
        rc = copies_next(bench, path);
        if (rc == 0)
            rc = copies_sync(bench);
    }
    if (rc == 0)
        rc = cache_prepare(bench, cache, &sample->resident);
    if (rc == 0)
        sample->begin = elapsed(bench);
    if (rc == 0)
        rc = run_arm(bench, arm, dest, fmin(limit, last), false, sample);
    bench_show(bench, round, NULL);
    if (child_signal)
        return false;
    refreshed = source_refresh(bench);
    if (rc == 0)
        rc = refreshed;
    if (rc == 0 && bench->data.files == 0)
        cli_fatal(0, "nothing can be measured: every file changes meanwhile");
    if (rc < 0) {
        if (dest)
            cli_message(-rc, "cannot run arm %s, which copies to %s", arm->name,
                        cli_quote(bench->dest_dir));
        else
            cli_message(-rc, "cannot run arm %s", arm->name);
        bench->under_way.label = NULL;
        bench->failed = true;
        return false;
    }
    if (!sample->timed_out || isinf(limit))
        sample->check = verify_run(bench, arm, sample, dest);
    if (child_signal)
        return false;
    arm->n_samples++;
    bench->under_way.label = NULL;
    if (bench->opts.pattern && round > 0 && arm_runs(arm))
        latency_keep(bench, arm, cache);
    /* the end of the time is no failure */
    if ((sample->check == CHECK_FAILED && !sample->timed_out) || sample->check == CHECK_DIFFERS)
        bench->failed = true;
    return !sample->timed_out;
}

/* Runs every arm once. Returns false if one was stopped, or if no other arm can run. */
static bool run_round(struct bench *bench, enum bench_cache cache, unsigned round, double limit)
{
    size_t order[BENCH_ARMS_MAX] = {0};

    if (!rng) {
        rng = bench_need(gsl_rng_alloc(gsl_rng_mt19937));
        gsl_rng_set(rng, bench->opts.seed);
    }
    for (size_t i = 0; i < bench->n_arms; i++)
        order[i] = i;
    gsl_ran_shuffle(rng, order, bench->n_arms, sizeof(*order));
    for (size_t i = 0; i < bench->n_arms; i++) {
        struct bench_arm *arm = &bench->arms[order[i]];
        if (arm_runs(arm) && !measure_arm(bench, arm, cache, round, (unsigned)i + 1, limit))
            return false;
    }
    return true;
}

/* Runs the rounds of --warmup, and forgets their good samples. Returns false if no arm can run. */
static bool warm_up(struct bench *bench, enum bench_cache cache)
{
    bool good = true;

    for (unsigned i = 0; i < bench->opts.warmup && good; i++) {
        good = run_round(bench, cache, 0, INFINITY);
        for (size_t j = 0; j < bench->n_arms; j++) {
            struct bench_arm *arm = &bench->arms[j];
            if (arm->n_samples > 0 && arm_runs(arm) &&
                arm->samples[arm->n_samples - 1].cache == cache)
                arm->n_samples--;
        }
    }
    return good;
}

/* Returns true if the copies of another round would replace earlier ones. Their deletion slows down
 * the next copies, so only requested rounds do that. */
static bool copies_full(const struct bench *bench)
{
    return bench->opts.operation == BENCH_COPY &&
           !copies_have_room(bench, bench->copy_next - bench->copy_first + bench->n_arms);
}

/* Returns true if the data may still become a sample: both states measure the same. */
static bool may_sample(const struct bench *bench, enum bench_cache cache)
{
    return cache == BENCH_COLD || !bench->opts.cold;
}

/* Returns the seconds after which a run of the first round is stopped, because a sample is better
 * than all of the data in the time that is left. */
static double first_limit(const struct bench *bench, enum bench_cache cache, double left)
{
    double runs = (double)bench->n_arms * bench->opts.rounds_min;

    if (!may_sample(bench, cache) || sample_small_part(bench) >= 1 || runs < 2)
        return INFINITY;
    return fmax(left / fmin(runs, FIRST_PARTS), 1);
}

/* Takes this part of the data as the sample, and forgets the first round. */
static void sample_again(struct bench *bench, double part)
{
    int rc = sample_take(bench, part);

    if (rc < 0)
        cli_fatal(-rc, "cannot take a sample of the files");
    if (!data_expect(bench) && !child_signal)
        cli_fatal(0, "nothing was measured: the files cannot be read");
    for (size_t i = 0; i < bench->n_arms; i++) {
        bench->arms[i].n_samples = 0;
        bench->arms[i].content_seen = false;
    }
}

static bool was_stopped(const struct bench *bench)
{
    for (size_t i = 0; i < bench->n_arms; i++) {
        const struct bench_arm *arm = &bench->arms[i];
        if (arm->n_samples > 0 && arm->samples[arm->n_samples - 1].timed_out)
            return true;
    }
    return false;
}

/* Runs the first round, on a sample if one with all files takes too long. *start: when the round
 * began that counts. Returns as run_round. */
static bool first_round(struct bench *bench, enum bench_cache cache, double end, double *start)
{
    double limit = first_limit(bench, cache, end - *start), part;

    while (!run_round(bench, cache, 1, limit)) {
        if (child_signal || isinf(limit) || !was_stopped(bench))
            return false;
        sample_again(bench, sample_small_part(bench)); /* how long all would take is not known */
        *start = elapsed(bench);
        limit = first_limit(bench, cache, end - *start);
    }
    if (!may_sample(bench, cache))
        return true;
    part = sample_part(bench, elapsed(bench) - *start, 1, end - elapsed(bench));
    if (part >= 1)
        return true;
    sample_again(bench, part);
    *start = elapsed(bench);
    return run_round(bench, cache, 1, INFINITY);
}

void rounds_run(struct bench *bench, enum bench_cache cache, double end)
{
    double longest = 0;

    if (!warm_up(bench, cache)) {
        bench->timed_out[cache] = !child_signal;
        return;
    }
    for (unsigned round = 1; round <= bench->opts.rounds; round++) {
        double start = elapsed(bench), removal = 0;
        if (round > bench->opts.rounds_min) {
            bench->precise[cache] = summary_precise(bench, cache);
            if (bench->precise[cache] || copies_full(bench))
                return;
        }
        if (bench->opts.operation == BENCH_COPY)
            removal = bench->removal_seconds *
                      (double)(bench->copy_next - bench->copy_first + bench->n_arms);
        if (round > 1 && start + longest + removal > end) {
            bench->timed_out[cache] = true;
            return;
        }
        if (!(round == 1 ? first_round(bench, cache, end, &start)
                         : run_round(bench, cache, round, INFINITY))) {
            bench->timed_out[cache] = !child_signal;
            return;
        }
        bench->rounds_done[cache] = round;
        longest = fmax(longest, elapsed(bench) - start);
    }
}

void rounds_free(void)
{
    if (rng)
        gsl_rng_free(rng);
    rng = NULL;
}
