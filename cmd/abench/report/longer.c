/* longer.c: what to ask for if the rounds do not suffice for an answer. See longer.h. */
#define _GNU_SOURCE
#include "longer.h"

#include <math.h>
#include <stdio.h>

enum {
    ROUNDS_LEAST = 7,
    ROUND_SECONDS = 10, /* the advice is a multiple of this */
    SECONDS_MOST = 1000000,
};

static const double narrow = 1.25; /* an interval's upper limit / its lower one, to aim at */
static const double spare = 1.3;
static const double stopped_part = 0.5; /* how far a run was that the time limit stopped */

/* Returns the number of rounds that are likely to suffice. The width of an interval decreases with
 * the square root of the number. */
static double rounds_wanted(const struct bench *bench, enum bench_cache cache,
                            const struct bench_ratio *of)
{
    double done = bench->rounds_done[cache];
    double least = fmax(ROUNDS_LEAST, bench->opts.rounds_min), more = 2 * done;

    if (!of || isnan(of->low))
        return least;
    if (of->low > 0 && isfinite(of->high))
        more = fmax(more, done * pow(log(of->high / of->low) / log(narrow), 2));
    return fmax(least, ceil(more));
}

/* Returns the seconds that these rounds take with all that is done before and after. */
static double seconds_of(const struct bench *bench, enum bench_cache cache, double rounds)
{
    double begin = INFINITY, end = 0, runs = 0;

    for (size_t i = 0; i < bench->n_arms; i++)
        for (size_t j = 0; j < bench->arms[i].n_samples; j++) {
            const struct bench_sample *sample = &bench->arms[i].samples[j];
            if (sample->cache != cache)
                continue;
            begin = fmin(begin, sample->begin);
            end = fmax(end, sample->begin + sample->seconds);
            runs += sample->timed_out ? stopped_part : 1;
        }
    if (runs == 0)
        return 0;
    return begin + rounds * (double)bench->n_arms * ((end - begin) / runs + bench->removal_seconds);
}

const char *longer_advice(const struct bench *bench, enum bench_cache cache,
                          const struct bench_ratio *of)
{
    const struct bench_options *opts = &bench->opts;
    const bool both = opts->cold && opts->warm;
    double rounds = rounds_wanted(bench, cache, of), seconds;
    static char text[64];

    if (bench->interrupted)
        return "let it run to its end";
    if (!bench->timed_out[cache] && bench->rounds_done[cache] >= opts->rounds) {
        rounds = fmin(fmax(rounds, 2.0 * opts->rounds), BENCH_ROUNDS_MAX);
        snprintf(text, sizeof(text), "use --runs=%.0f", rounds);
        return text;
    }
    if (!bench->timed_out[cache] && !bench->precise[cache] && opts->operation == BENCH_COPY)
        return "allow more copies with --keep-space";
    /* the second state begins after half of the time */
    seconds = fmax(seconds_of(bench, cache, rounds) * (both && cache == BENCH_COLD ? 2 : 1),
                   fmax(opts->budget, bench->needed_seconds));
    seconds = fmin(ceil(spare * seconds / ROUND_SECONDS) * ROUND_SECONDS, SECONDS_MOST);
    snprintf(text, sizeof(text), "use --time=%.0f", seconds);
    return text;
}
