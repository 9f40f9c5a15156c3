/* answer.c: finds the answer to the question if io_uring helps, and the command to use.
 *
 * Our fastest arm with io_uring is compared with the blocking baseline and with our fastest arm of
 * several threads. If nothing waits, a gain is that of more workers, which threads have, too. If
 * the figures do not suffice, or the machine was busy, there is no answer. */
#define _GNU_SOURCE
#include "answer.h"
#include "knee.h"
#include "longer.h"
#include "words.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static const double waits_little = 0.15; /* part of the time */
/* An interval that contains 1 and is wider than this, from end to end, does not show equality. */
static const double wide = 1.25;
static const double start_seconds = 0.02; /* a shorter run is mostly the start of the process */
/* A median within this factor of the best is as good, if no difference can be detected. */
static const double as_good = 1.05;
/* --pattern: a ring that is as fast as threads helps if it takes at most this part of their CPU. */
static const double cpu_saved = 2.0 / 3;
static const double work_saved = 0.9; /* CPU time by that of the base: less is a gain of the ring */

/* Finds the fastest of the arms that fit, by the median. A pattern of blocks of another size than
 * that of base is other work; ANSWER_NONE: any size. */
static int fastest(const struct bench *bench, enum bench_cache cache, int base,
                   bool (*fits)(const struct bench_arm *arm))
{
    int best = ANSWER_NONE;
    double best_median = INFINITY;

    for (size_t i = 0; i < bench->n_arms; i++) {
        struct bench_summary sum = summary_of(bench, i, cache);
        if (sum.runs == 0 || sum.unchecked || !fits(&bench->arms[i]) || sum.median >= best_median)
            continue;
        if (base != ANSWER_NONE && bench->arms[i].pattern_block != bench->arms[base].pattern_block)
            continue;
        best = (int)i;
        best_median = sum.median;
    }
    return best;
}

static bool is_ring(const struct bench_arm *arm)
{
    return arm->ring;
}

static bool is_threads(const struct bench_arm *arm)
{
    return arm->threads > 1;
}

static bool is_blocking(const struct bench_arm *arm)
{
    return arm->threads == 1;
}

static bool is_any(const struct bench_arm *arm)
{
    (void)arm;
    return true;
}

static bool ring_asked(const struct bench *bench)
{
    bool asked = bench->no_ring && !bench->opts.arms;

    for (size_t i = 0; i < bench->n_arms; i++)
        asked |= bench->arms[i].ring;
    return asked;
}

/* Returns the arm to compare the ring with: the baseline, or else a blocking arm. */
static int find_base(const struct bench *bench, enum bench_cache cache)
{
    if (!bench->arms[bench->baseline].ring && summary_of(bench, bench->baseline, cache).runs > 0)
        return (int)bench->baseline;
    int base = fastest(bench, cache, ANSWER_NONE, is_blocking);
    return base != ANSWER_NONE ? base : fastest(bench, cache, ANSWER_NONE, is_threads);
}

/* Returns the arm that does what our command does without options. */
static int find_usual(const struct bench *bench, enum bench_cache cache)
{
    for (size_t i = 0; i < bench->n_arms; i++)
        if (bench->arms[i].usual && summary_of(bench, i, cache).runs > 0)
            return (int)i;
    return ANSWER_NONE;
}

/* Chooses the command to use: the fastest, or our command without options, or the knee of a sweep,
 * if these are as fast. */
static int find_use(const struct bench *bench, enum bench_cache cache, int best, int usual)
{
    int swept, knee;

    if (usual != ANSWER_NONE && best != ANSWER_NONE &&
        summary_of(bench, (size_t)usual, cache).median <=
            as_good * summary_of(bench, (size_t)best, cache).median &&
        !summary_compare(bench, (size_t)best, (size_t)usual, cache).faster)
        return usual;
    if (best == ANSWER_NONE || !bench->arms[best].swept)
        return best;
    knee = knee_find(bench, cache, knee_group(bench, &bench->arms[best]), &swept);
    return knee >= 0 && best == swept ? knee : best;
}

const char *answer_for_longer(const struct bench *bench)
{
    return bench->opts.pattern ? "choose a larger --bytes" : "choose more or larger files";
}

/* Returns true, with the reason, if others used too much of the processors. */
static bool busy(const struct bench *bench, enum bench_cache cache, char *out, size_t size)
{
    struct bench_disturbance disturbance = summary_disturbance(bench, cache);

    if (disturbance.much && disturbance.others > disturbance.stolen)
        snprintf(out, size, "other processes used %.0f%% of the processors%s%s",
                 100 * disturbance.others, bench->busiest[0] ? ", such as " : "", bench->busiest);
    else if (disturbance.much)
        snprintf(out, size, "the host gave %.0f%% of the processors to other machines",
                 100 * disturbance.stolen);
    return disturbance.much;
}

/* Tells too few rounds, whose ratio has no interval. */
static void tell_few(const struct bench *bench, enum bench_cache cache, char *out, size_t size,
                     const struct bench_ratio *of)
{
    snprintf(out, size, "%s %s too few, of which the ratio is %s so far; %s",
             words_plural(of->pairs, "round"), of->pairs == 1 ? "is" : "are",
             words_times(of->ratio), longer_advice(bench, cache, NULL));
}

/* Tells why there is nothing to compare with: no such arm, or it did not run. */
static void tell_missing(const struct bench *bench, enum bench_cache cache, char *out, size_t size)
{
    bool blocking = !bench->arms[bench->baseline].ring;
    int ring = fastest(bench, cache, ANSWER_NONE, is_ring);
    int base = find_base(bench, cache);

    for (size_t i = 0; i < bench->n_arms; i++)
        blocking |= bench->arms[i].threads > 0;
    if (bench->failed)
        snprintf(out, size, "an arm failed: see the messages");
    else if (!blocking)
        snprintf(out, size, "no arm without io_uring to compare with; add sync to --arms");
    else if (ring != ANSWER_NONE && base != ANSWER_NONE)
        snprintf(out, size,
                 "the arms with io_uring read blocks of other sizes than %s; sweep this size, too",
                 bench->arms[base].name);
    else
        snprintf(out, size, "the time was up before each arm had run; %s",
                 longer_advice(bench, cache, NULL));
}

/* Returns true, with the reason, if the figures of this state do not allow an answer. */
static bool undecidable(const struct bench *bench, enum bench_cache cache, struct answer *answer)
{
    char *out = answer->unknown;
    size_t size = sizeof(answer->unknown);

    answer->too_short = (bench->no_ring || answer->ring != ANSWER_NONE) &&
                        answer->base != ANSWER_NONE &&
                        summary_of(bench, (size_t)answer->base, cache).median < start_seconds;
    if (bench->no_ring)
        snprintf(out, size, "io_uring cannot be used: %s", bench->no_ring);
    else if (answer->ring == ANSWER_NONE || answer->base == ANSWER_NONE)
        tell_missing(bench, cache, out, size);
    else if (answer->too_short)
        snprintf(
            out, size,
            "too short to tell: a run takes %s, of which the start of the process is a part; %s",
            words_seconds(summary_of(bench, (size_t)answer->base, cache).median),
            answer_for_longer(bench));
    else if (busy(bench, cache, out, size))
        return true;
    else if (isnan(answer->over_base.low))
        tell_few(bench, cache, out, size, &answer->over_base);
    else
        return false;
    return true;
}

static bool too_wide(const struct bench_ratio *of)
{
    return !of->faster && !of->slower && !of->contrary && of->high > wide * of->low;
}

/* Tells that the ratio and the medians of the seconds contradict each other. */
static void tell_contrary(const struct bench *bench, enum bench_cache cache,
                          const struct bench_ratio *of, int arm, int other, struct answer *answer)
{
    bool by_rounds = of->ratio > 1;

    snprintf(answer->unknown, sizeof(answer->unknown),
             "no difference can be told: within the rounds the faster one is %s, but by the"
             " median time it is %s; the speed of the machine changes: %s",
             bench->arms[by_rounds ? arm : other].label, bench->arms[by_rounds ? other : arm].label,
             longer_advice(bench, cache, of));
}

static bool saves_cpu(const struct bench *bench, enum bench_cache cache,
                      const struct answer *answer)
{
    return bench->opts.pattern &&
           summary_of(bench, (size_t)answer->ring, cache).cpu_seconds <=
               cpu_saved * summary_of(bench, (size_t)answer->threads, cache).cpu_seconds;
}

/* Decides by the ratios, which have intervals. */
static enum answer_kind decide(const struct bench *bench, enum bench_cache cache,
                               struct answer *answer)
{
    struct bench_summary base = summary_of(bench, (size_t)answer->base, cache);
    struct bench_summary ring = summary_of(bench, (size_t)answer->ring, cache);
    const struct bench_ratio *over = &answer->over_threads;
    bool waits = base.waiting_share >= waits_little;

    if (answer->over_base.contrary) {
        tell_contrary(bench, cache, &answer->over_base, answer->ring, answer->base, answer);
        return ANSWER_UNKNOWN;
    }
    if (too_wide(&answer->over_base)) {
        snprintf(answer->unknown, sizeof(answer->unknown),
                 "io_uring takes between %s of the time; %s",
                 words_interval(1 / answer->over_base.high, 1 / answer->over_base.low),
                 longer_advice(bench, cache, &answer->over_base));
        return ANSWER_UNKNOWN;
    }
    if (!answer->over_base.faster)
        return ANSWER_NO;
    if (answer->threads == ANSWER_NONE) {
        answer->by_workers = !waits && ring.workers > base.workers;
        return answer->by_workers ? ANSWER_NO : ANSWER_YES;
    }
    /* if nothing waits, more threads than processors lose to a ring for each of these */
    if (over->faster && (waits || ring.workers <= base.workers ||
                         ring.cpu_seconds <= work_saved * base.cpu_seconds))
        return ANSWER_YES;
    answer->by_workers = !waits;
    if (!waits)
        return ANSWER_NO;
    if (too_wide(over)) {
        snprintf(answer->unknown, sizeof(answer->unknown),
                 "io_uring is %s times as fast as %s, but compared with %s the interval is %s; %s",
                 words_times(answer->over_base.ratio), bench->arms[answer->base].label,
                 bench->arms[answer->threads].label, words_interval(over->low, over->high),
                 longer_advice(bench, cache, over));
        return ANSWER_UNKNOWN;
    }
    return !over->slower && saves_cpu(bench, cache, answer) ? ANSWER_YES : ANSWER_THREADS;
}

/* Finds the arm to compare the one to use with: the baseline, or else the fastest of the others.
 * The question is not about io_uring. */
static void find_other(const struct bench *bench, enum bench_cache cache, struct answer *answer)
{
    double best_median = INFINITY;
    struct bench_ratio of;

    answer->other = (size_t)answer->use == bench->baseline ? ANSWER_NONE : (int)bench->baseline;
    for (size_t i = 0; i < bench->n_arms && (size_t)answer->use == bench->baseline; i++) {
        struct bench_summary sum = summary_of(bench, i, cache);
        if (i == bench->baseline || sum.runs == 0 || sum.unchecked || sum.median >= best_median)
            continue;
        answer->other = (int)i;
        best_median = sum.median;
    }
    if (answer->use == ANSWER_NONE || answer->other == ANSWER_NONE)
        return;
    of = summary_compare(bench, (size_t)answer->use, (size_t)answer->other, cache);
    answer->undecided = !of.faster;
    if (busy(bench, cache, answer->unknown, sizeof(answer->unknown)))
        answer->undecided = true;
    else if (isnan(of.low))
        tell_few(bench, cache, answer->unknown, sizeof(answer->unknown), &of);
    else if (of.contrary)
        tell_contrary(bench, cache, &of, answer->use, answer->other, answer);
}

/* Returns true if no difference shows that the fastest arm is faster than our command without
 * options: without an answer, the next run might find another one. */
static bool best_by_chance(const struct bench *bench, enum bench_cache cache, int best, int usual)
{
    return best != ANSWER_NONE && usual != ANSWER_NONE &&
           !summary_compare(bench, (size_t)best, (size_t)usual, cache).faster;
}

struct answer answer_find(const struct bench *bench, enum bench_cache cache)
{
    int base = find_base(bench, cache), best = fastest(bench, cache, base, is_any);
    int usual = find_usual(bench, cache);
    struct answer answer = {.ring = fastest(bench, cache, base, is_ring),
                            .base = base,
                            .threads = fastest(bench, cache, base, is_threads),
                            .best = best,
                            .usual = usual,
                            .use = find_use(bench, cache, best, usual)};

    if (answer.threads == answer.base)
        answer.threads = ANSWER_NONE;
    if (answer.ring != ANSWER_NONE && answer.base != ANSWER_NONE)
        answer.over_base = summary_compare(bench, (size_t)answer.ring, (size_t)answer.base, cache);
    if (answer.ring != ANSWER_NONE && answer.threads != ANSWER_NONE)
        answer.over_threads = summary_compare(bench, (size_t)answer.ring, (size_t)answer.threads,
                                              cache);
    if (!ring_asked(bench))
        find_other(bench, cache, &answer); /* ANSWER_NOT_ASKED */
    else if (undecidable(bench, cache, &answer))
        answer.kind = ANSWER_UNKNOWN;
    else
        answer.kind = decide(bench, cache, &answer);
    if (bench->no_ring) {
        char reason[sizeof(answer.unknown)];
        answer.undecided = busy(bench, cache, reason, sizeof(reason));
    }
    if (answer.too_short || (answer.kind == ANSWER_UNKNOWN && !bench->no_ring &&
                             best_by_chance(bench, cache, best, usual)))
        answer.use = usual;
    answer.hint = answer.undecided || answer.too_short ||
                  (answer.kind == ANSWER_UNKNOWN && !bench->no_ring);
    return answer;
}

bool answer_unknown(const struct bench *bench, enum bench_cache cache)
{
    struct answer answer = answer_find(bench, cache);

    return answer.kind == ANSWER_UNKNOWN || answer.undecided;
}
