/* compare.c: --compare: checks if an arm has become slower since an older report.
 *
 * The seconds of two days differ more than those of two versions of a program. If the baseline is
 * the same command of the user in both reports, it measures the day, and each arm's ratio to it is
 * compared. Otherwise the seconds are compared. Slower means by more than chance, according to the
 * interval of the ratio of the medians, and by more than a tenth. */
#define _GNU_SOURCE
#include "compare.h"
#include "summary.h"
#include "term.h"
#include "../stat.h"
#include "../../cli/json.h"
#include "../../cli/messages.h"
#include "../../cli/quote.h"

#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const double regression = 1.1;

static const json_t *find_named(const json_t *array, const char *key, const char *value)
{
    size_t index;
    const json_t *item;

    json_array_foreach((json_t *)array, index, item)
    {
        const char *text = json_string_value(json_object_get(item, key));
        if (text && strcmp(text, value) == 0)
            return item;
    }
    return NULL;
}

static bool is_good(const json_t *sample)
{
    const char *check = json_string_value(json_object_get(sample, "check"));

    return check && strcmp(check, "failed") != 0 && strcmp(check, "differs") != 0;
}

/* Collects the seconds of an older arm's good samples, or their ratio to its baseline's of the same
 * round. */
static size_t old_values(const json_t *arm, const json_t *base, double *values)
{
    const json_t *sample, *other, *others = json_object_get(base, "samples");
    size_t index, at, n = 0;

    json_array_foreach(json_object_get(arm, "samples"), index, sample)
    {
        double seconds = json_number_value(json_object_get(sample, "seconds"));
        json_int_t round = json_integer_value(json_object_get(sample, "round"));
        if (!is_good(sample) || seconds <= 0 || n == BENCH_ROUNDS_MAX)
            continue;
        if (!base)
            values[n++] = seconds;
        json_array_foreach((json_t *)others, at, other)
        {
            double divisor = json_number_value(json_object_get(other, "seconds"));
            if (json_integer_value(json_object_get(other, "round")) == round && is_good(other) &&
                divisor > 0 && n < BENCH_ROUNDS_MAX)
                values[n++] = seconds / divisor;
        }
    }
    return n;
}

/* Collects the same of this bench. */
static size_t new_values(const struct bench_arm *arm, const struct bench_arm *base,
                         enum bench_cache cache, double *values)
{
    size_t n = 0;

    if (base) {
        n = summary_ratios(base, arm, cache, values);
        for (size_t i = 0; i < n; i++)
            values[i] = 1 / values[i];
        return n;
    }
    for (size_t i = 0; i < arm->n_samples; i++) {
        if (summary_sample_good(&arm->samples[i], cache))
            values[n++] = arm->samples[i].seconds;
    }
    return n;
}

/* Compares one arm; base NULL: by its seconds. Returns true if it is slower than before. */
static bool compare_arm(FILE *out, const struct bench_arm *arm, const struct bench_arm *base,
                        enum bench_cache cache, const json_t *old, const json_t *old_base)
{
    double then[BENCH_ROUNDS_MAX], now[BENCH_ROUNDS_MAX], low, high;
    size_t n_then = old_values(old, old_base, then), n_now = new_values(arm, base, cache, now);
    double ratio = stat_quantile(now, n_now, 0.5) / stat_quantile(then, n_then, 0.5);
    bool known = stat_ratio_interval(now, n_now, then, n_then, &low, &high);
    bool slower = known && low > 1 && ratio > regression;

    fprintf(out, "%s, %s: %.2f times the time in the older report%s", arm->name,
            bench_cache_names[cache], ratio, base ? ", relative to the baseline" : "");
    if (known)
        fprintf(out, " (%.2f..%.2f)", low, high);
    fprintf(out, "%s\n",
            slower                               ? ": a regression"
            : !known                             ? ": too few rounds to tell"
            : high < 1 && ratio < 1 / regression ? ": faster"
                                                 : "");
    return slower;
}

static bool compare_state(FILE *out, const struct bench *bench, enum bench_cache cache,
                          const json_t *state)
{
    const json_t *old_arms = json_object_get(state, "arms"), *old_base;
    const struct bench_arm *base = &bench->arms[bench->baseline];
    bool slower = false;

    old_base = find_named(old_arms, "name", base->name);
    if (!base->command || !old_base || json_is_true(json_object_get(old_base, "built_in"))) {
        base = NULL;
        old_base = NULL;
    }
    for (size_t i = 0; i < bench->n_arms; i++) {
        const struct bench_arm *arm = &bench->arms[i];
        const json_t *old = find_named(old_arms, "name", arm->name);
        if (arm == base)
            continue;
        if (!old)
            fprintf(out, "%s: not in the older report\n", arm->name);
        else if (arm->n_samples > 0)
            slower |= compare_arm(out, arm, base, cache, old, old_base);
    }
    return slower;
}

static bool same_text(const json_t *object, const char *key, const char *value)
{
    const char *text = json_string_value(json_object_get(object, key));

    return strcmp(text ? text : MACHINE_UNKNOWN, value) == 0;
}

/* Warns about differences of the machine. */
static void warn_of_differences(struct bench *bench, const struct machine *machine,
                                const json_t *old)
{
    const json_t *was = json_object_get(old, "machine");

    if (!same_text(was, "kernel", machine->kernel) ||
        !same_text(was, "filesystem", machine->filesystem) ||
        json_integer_value(json_object_get(was, "processors")) != machine->processors)
        bench_warn(bench,
                   "the older report is from another machine, kernel or filesystem, which may"
                   " cause the difference");
}

/* Exits with a message unless the fields have the names and meanings that are expected here. */
static void check_format(const char *path, const json_t *format)
{
    const char *name = cli_quote_maybe(path);

    if (!json_is_integer(format))
        cli_fatal(0, "cannot compare with %s: it has no format number, so an older abench wrote it",
                  name);
    if (json_integer_value(format) != JSON_FORMAT)
        cli_fatal(0, "cannot compare with %s: its format is %" JSON_INTEGER_FORMAT ", not %d", name,
                  json_integer_value(format), JSON_FORMAT);
}

void compare_load(struct bench *bench)
{
    const char *path = bench->opts.compare;

    bench->older = json_load_file(path, 0, NULL);
    if (access(path, R_OK) < 0)
        cli_fatal(errno, "cannot compare with %s", cli_quote_maybe(path));
    if (!bench->older || !same_text(bench->older, "program", "abench"))
        cli_fatal(0, "cannot compare with %s: not a report of abench --json",
                  cli_quote_maybe(path));
    check_format(path, json_object_get(bench->older, "format"));
    if (!same_text(bench->older, "type", "bench") ||
        !same_text(bench->older, "operation", bench_operation_names[bench->opts.operation]))
        cli_fatal(0, "cannot compare with %s: not a report of %s", cli_quote_maybe(path),
                  bench_operation_names[bench->opts.operation]);
}

/* Returns true if two numbers are those of the same tree, as far as a tree in use stays the same.
 */
static bool alike(json_int_t old, uint64_t now)
{
    const double little = 0.02;

    return fabs((double)old - (double)now) <= little * (double)now;
}

/* Exits with a message if the older report measured other work on the same files. */
static void check_work(const struct bench *bench)
{
    const struct bench_options *opts = &bench->opts;
    const json_t *older = bench->older;
    const char *name = cli_quote_maybe(opts->compare),
               *now = opts->pattern ? opts->pattern : "null";
    const char *pattern = json_string_value(json_object_get(older, "pattern"));
    const struct {
        const char *key;
        uint64_t now;
    } numbers[] = {{"pattern_bytes", opts->pattern_bytes},
                   {"pattern_block_bytes", opts->pattern_block},
                   {"write_percent", opts->write_percent},
                   {"fsync_every", opts->fsync_every}};

    pattern = pattern ? pattern : "null";
    if (strcmp(pattern, now) != 0)
        cli_fatal(0, "cannot compare with %s: its pattern is %s, not %s", name, pattern, now);
    for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
        json_int_t old = json_integer_value(json_object_get(older, numbers[i].key));
        if (!alike(old, numbers[i].now))
            cli_fatal(0, "cannot compare with %s: its %s is %" JSON_INTEGER_FORMAT ", not %" PRIu64,
                      name, numbers[i].key, old, numbers[i].now);
    }
    if (json_is_true(json_object_get(older, "durable")) != opts->durable)
        cli_fatal(0, "cannot compare with %s: only one of the reports is of --durable", name);
}

void compare_check(const struct bench *bench)
{
    const json_t *data = json_object_get(bench->older, "data");
    json_int_t files = json_integer_value(json_object_get(data, "files"));
    json_int_t bytes = json_integer_value(json_object_get(data, "bytes"));

    if (!alike(files, bench->data.files) || !alike(bytes, bench->data.bytes))
        cli_fatal(0,
                  "cannot compare with %s: it is about other files: %" JSON_INTEGER_FORMAT
                  " of %" JSON_INTEGER_FORMAT " bytes, not %" PRIu64 " of %" PRIu64 " bytes",
                  cli_quote_maybe(bench->opts.compare), files, bytes, bench->data.files,
                  bench->data.bytes);
    check_work(bench);
}

void compare_print(FILE *out, const struct bench *bench)
{
    struct term term;

    term_init(&term, out);
    for (char *at = bench->compared, *end; (end = strchr(at, '\n')); at = end + 1) {
        *end = '\0';
        term_line(out, &term, "compare", at);
    }
}

void compare_run(struct bench *bench, const struct machine *machine)
{
    const json_t *states = json_object_get(bench->older, "states");
    size_t size;
    FILE *out = open_memstream(&bench->compared, &size);

    if (!out)
        cli_fatal(0, "memory exhausted");
    warn_of_differences(bench, machine, bench->older);
    for (unsigned cache = BENCH_COLD; cache <= BENCH_WARM; cache++) {
        const json_t *state = find_named(states, "cache", bench_cache_names[cache]);
        if (!(cache == BENCH_COLD ? bench->opts.cold : bench->opts.warm))
            continue;
        if (state)
            bench->regressed |= compare_state(out, bench, cache, state);
        else
            fprintf(out, "the older report has no %s runs\n", bench_cache_names[cache]);
    }
    if (fclose(out) != 0)
        cli_fatal(0, "memory exhausted");
}
