/* sweep.c: --sweep: its values, and the knee: from where on more of them gains little. */
#define _GNU_SOURCE
#include "../abench.h"
#include "../../cli/cli.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
    SWEEP_COUNT_MAX = 65536,
};

/* Within this of the best a point is as good. */
static const double as_good = 1.05;

static void refuse(const char *text)
{
    cli_message(0,
                "invalid argument %s for '--sweep': it takes depth=N,N..., block-size=SIZE,SIZE..."
                " and jobs=N,N..., %d values each at the most",
                cli_quote(text), SWEEP_VALUES_MAX);
    cli_try_help();
}

static bool value_good(const char *dimension, const char *value)
{
    uint64_t bytes;
    unsigned count;

    return strcmp(dimension, "block-size") == 0
               ? cli_parse_size(value, &bytes) == 0
               : cli_parse_count(value, SWEEP_COUNT_MAX, &count) == 0;
}

/* depth=1,2,4,block-size=4K,64K: a word with '=' begins a dimension. */
void bench_sweep_parse(struct bench_sweep *sweep, const char *text)
{
    char *copy = strdup(text), *state = NULL;
    size_t n = 0;

    if (!copy)
        cli_fatal(0, "memory exhausted");
    for (char *word = strtok_r(copy, ",", &state); word; word = strtok_r(NULL, ",", &state)) {
        char *equals = strchr(word, '=');
        if (equals) {
            *equals = '\0';
            if (n == SWEEP_DIMENSIONS_MAX ||
                (strcmp(word, "depth") != 0 && strcmp(word, "block-size") != 0 &&
                 strcmp(word, "jobs") != 0))
                refuse(text);
            for (size_t i = 0; i < n; i++) {
                if (strcmp(sweep->dimensions[i].name, word) == 0)
                    refuse(text);
            }
            snprintf(sweep->dimensions[n++].name, sizeof(sweep->dimensions[0].name), "%s", word);
            word = equals + 1;
        }
        if (n == 0 || sweep->dimensions[n - 1].n_values == SWEEP_VALUES_MAX ||
            !value_good(sweep->dimensions[n - 1].name, word))
            refuse(text);
        sweep->dimensions[n - 1].values[sweep->dimensions[n - 1].n_values++] = strdup(word);
    }
    free(copy);
    sweep->n_dimensions = n;
    if (n == 0)
        refuse(text);
}

void bench_sweep_free(struct bench_sweep *sweep)
{
    for (size_t d = 0; d < sweep->n_dimensions; d++) {
        for (size_t i = 0; i < sweep->dimensions[d].n_values; i++)
            free(sweep->dimensions[d].values[i]);
    }
    sweep->n_dimensions = 0;
}

static size_t cost(const struct bench *bench, const struct bench_arm *arm)
{
    size_t sum = 0;

    for (size_t d = 0; d < bench->sweep.n_dimensions; d++)
        sum += arm->point[d];
    return sum;
}

int bench_knee(const struct bench *bench, enum bench_cache cache, int *best)
{
    double medians[BENCH_ARMS_MAX] = {0}, best_median = INFINITY, knee_median = INFINITY;
    size_t knee_cost = SIZE_MAX;
    int knee = -1;

    *best = -1;
    for (size_t i = 0; i < bench->n_arms; i++) {
        struct bench_summary sum = bench_summarise(bench, i, cache);
        medians[i] = bench->arms[i].swept && sum.runs > 0 ? sum.median : INFINITY;
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

/* The dimension in which the knee is the last value that was tried, and no other was as good: there
 * may be more to gain. NULL: there is none. */
static const char *open_end(const struct bench *bench, const struct bench_arm *knee)
{
    for (size_t d = 0; d < bench->sweep.n_dimensions; d++) {
        size_t n = bench->sweep.dimensions[d].n_values;
        if (n > 1 && knee->point[d] == n - 1)
            return bench->sweep.dimensions[d].name;
    }
    return NULL;
}

char *knee_line(const struct bench *bench, enum bench_cache cache)
{
    int best, knee = bench_knee(bench, cache, &best);
    char *text = NULL;
    size_t size;
    FILE *out;

    if (knee < 0 || !(out = open_memstream(&text, &size)))
        return NULL;
    const char *open = open_end(bench, &bench->arms[knee]);
    double at_knee = bench_summarise(bench, (size_t)knee, cache).median;
    double at_best = bench_summarise(bench, (size_t)best, cache).median;
    fprintf(out, "%s", bench->arms[knee].name);
    if (knee == best)
        fprintf(out, ", the fastest of the sweep, and nothing smaller comes within %.0f%% of it",
                100 * (as_good - 1));
    else
        fprintf(out, ": %.0f%% of the speed of the best, %s, for less", 100 * at_best / at_knee,
                bench->arms[best].name);
    if (open)
        fprintf(out, "; the end of the sweep in %s, so more may gain: try larger values", open);
    return fclose(out) == 0 ? text : NULL;
}
