/* knee.c: the knee of a sweep: its cheapest point that is nearly as fast as the fastest. */
#define _GNU_SOURCE
#include "knee.h"
#include "summary.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A point within this factor of the fastest is as good. */
static const double as_good = 1.05;

static size_t cost(const struct bench *bench, const struct bench_arm *arm)
{
    size_t sum = 0;

    for (size_t d = 0; d < bench->sweep.n_dimensions; d++)
        sum += arm->point[d];
    return sum;
}

/* Returns the dimension whose values have a knee of their own, or -1. A pattern of larger blocks is
 * other work, and always has more bytes a second. */
static int grouped_by(const struct bench *bench)
{
    for (size_t d = 0; d < bench->sweep.n_dimensions && bench->opts.pattern; d++)
        if (strcmp(bench->sweep.dimensions[d].name, "block-size") == 0)
            return (int)d;
    return -1;
}

size_t knee_groups(const struct bench *bench)
{
    int d = grouped_by(bench);

    return d < 0 ? 1 : bench->sweep.dimensions[d].n_values;
}

size_t knee_group(const struct bench *bench, const struct bench_arm *arm)
{
    int d = grouped_by(bench);

    return d < 0 ? 0 : arm->point[d];
}

/* Returns true if each group is a single point, of which none can be a knee. */
static bool single(const struct bench *bench)
{
    int grouped = grouped_by(bench);

    for (size_t d = 0; d < bench->sweep.n_dimensions; d++)
        if ((int)d != grouped && bench->sweep.dimensions[d].n_values > 1)
            return false;
    return grouped >= 0;
}

int knee_find(const struct bench *bench, enum bench_cache cache, size_t group, int *best)
{
    double medians[BENCH_ARMS_MAX] = {0}, best_median = INFINITY, knee_median = INFINITY;
    size_t knee_cost = SIZE_MAX;
    int knee = -1;

    *best = -1;
    if (single(bench))
        return -1;
    for (size_t i = 0; i < bench->n_arms; i++) {
        struct bench_summary sum = summary_of(bench, i, cache);
        medians[i] = bench->arms[i].swept && sum.runs > 0 &&
                             knee_group(bench, &bench->arms[i]) == group
                         ? sum.median
                         : INFINITY;
        if (medians[i] < best_median) {
            *best = (int)i;
            best_median = medians[i];
        }
    }
    for (size_t i = 0; i < bench->n_arms && *best >= 0; i++) {
        size_t this_cost = cost(bench, &bench->arms[i]);
        if (medians[i] > as_good * best_median || this_cost > knee_cost ||
            (this_cost == knee_cost && medians[i] >= knee_median))
            continue;
        knee = (int)i;
        knee_cost = this_cost;
        knee_median = medians[i];
    }
    return knee;
}

/* Returns the dimension in which the knee is the last value of the sweep, so that larger values can
 * be faster. NULL: there is none. */
static const char *open_end(const struct bench *bench, const struct bench_arm *knee)
{
    for (size_t d = 0; d < bench->sweep.n_dimensions; d++) {
        size_t n = bench->sweep.dimensions[d].n_values;
        if (n > 1 && knee->point[d] == n - 1 && (int)d != grouped_by(bench))
            return bench->sweep.dimensions[d].name;
    }
    return NULL;
}

static void print_knee(FILE *out, const struct bench *bench, enum bench_cache cache, int knee,
                       int best)
{
    const char *open = open_end(bench, &bench->arms[knee]);
    double at_knee = summary_of(bench, (size_t)knee, cache).median;
    double at_best = summary_of(bench, (size_t)best, cache).median;

    fprintf(out, "%s", bench->arms[knee].label);
    if (knee != best)
        fprintf(out, ": %.0f%% of the speed of the fastest, %s, with smaller values",
                100 * at_best / at_knee, bench->arms[best].label);
    else
        fprintf(out, ", the fastest%s", knee_groups(bench) > 1 ? "" : " of the sweep");
    if (open)
        fprintf(out, "; this is the largest %s of the sweep: try larger values", open);
    else if (knee == best)
        fprintf(out, ", and nothing smaller comes within %.0f%% of it", 100 * (as_good - 1));
}

char *knee_line(const struct bench *bench, enum bench_cache cache)
{
    char *text = NULL;
    size_t size, found = 0;
    FILE *out = open_memstream(&text, &size);

    if (!out)
        return NULL;
    for (size_t group = 0; group < knee_groups(bench); group++) {
        int best, knee = knee_find(bench, cache, group, &best);
        if (knee < 0)
            continue;
        fputs(found++ ? ". " : knee_groups(bench) > 1 ? "of each block size. " : "", out);
        print_knee(out, bench, cache, knee, best);
    }
    if (fclose(out) == 0 && found > 0)
        return text;
    free(text);
    return NULL;
}
