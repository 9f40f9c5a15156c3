/* loads.c: the tables of --pattern. See loads.h. */
#define _GNU_SOURCE
#include "loads.h"
#include "knee.h"
#include "summary.h"
#include "term.h"
#include "words.h"

#include <math.h>
#include <stdio.h>

static const double ns_per_us = 1e3, us = 1e-6;

/* A column of a percentile. */
struct percentile {
    const char *title;
    enum load_kind kind;
    enum cli_percentile of;
};

static const struct percentile of_reads[] = {{"p50", LOAD_READ, CLI_P50},
                                             {"p90", LOAD_READ, CLI_P90},
                                             {"p99", LOAD_READ, CLI_P99},
                                             {"p99.9", LOAD_READ, CLI_P99_9}};
static const struct percentile of_writes[] = {{"p50", LOAD_WRITE, CLI_P50},
                                              {"p90", LOAD_WRITE, CLI_P90},
                                              {"p99", LOAD_WRITE, CLI_P99},
                                              {"p99.9", LOAD_WRITE, CLI_P99_9}};
/* of a mix: r: reads, w: writes, f: fsyncs */
static const struct percentile of_both[] = {{"r p50", LOAD_READ, CLI_P50},
                                            {"r p99", LOAD_READ, CLI_P99},
                                            {"w p50", LOAD_WRITE, CLI_P50},
                                            {"w p99", LOAD_WRITE, CLI_P99}};
static const struct percentile of_synced[] = {{"w p50", LOAD_WRITE, CLI_P50},
                                              {"w p99", LOAD_WRITE, CLI_P99},
                                              {"f p50", LOAD_FSYNC, CLI_P50},
                                              {"f p99", LOAD_FSYNC, CLI_P99}};
static const struct percentile of_all[] = {{"r p50", LOAD_READ, CLI_P50},
                                           {"r p99", LOAD_READ, CLI_P99},
                                           {"w p99", LOAD_WRITE, CLI_P99},
                                           {"f p99", LOAD_FSYNC, CLI_P99}};
enum {
    COLUMNS_OF_PERCENTILES = 4,
    SECOND = 1, /* of them, which is left out beside names wider than this */
    WIDTH_OF_ALL = 22,
};

static const struct percentile *choose_columns(const struct bench_options *opts)
{
    if (opts->write_percent == 0)
        return of_reads;
    if (opts->write_percent == 100)
        return opts->fsync_every > 0 ? of_synced : of_writes;
    return opts->fsync_every > 0 ? of_all : of_both;
}

static bool is_knee(const struct bench *bench, enum bench_cache cache, size_t arm)
{
    int best;

    return bench->arms[arm].swept &&
           knee_find(bench, cache, knee_group(bench, &bench->arms[arm]), &best) == (int)arm;
}

/* Prints how many times as fast as the baseline an arm is. Larger blocks are other work. */
static void print_faster(FILE *out, const struct bench *bench, size_t arm,
                         const struct bench_summary *sum)
{
    const struct bench_arm *base = &bench->arms[bench->baseline];
    char text[32];

    snprintf(text, sizeof(text), "%sx", words_times(sum->ratio));
    fprintf(out, " %6s",
            bench->arms[arm].pattern_block != base->pattern_block ? "-"
            : arm == bench->baseline                              ? "1x"
            : sum->contrary                                       ? "?"
                                                                  : text);
}

void loads_print(FILE *out, const struct bench *bench, enum bench_cache cache, int width)
{
    const struct percentile *columns = choose_columns(&bench->opts);

    fprintf(out, "\n%-*s %7s %6s %6s", width, "CPU, latency in us", "IOPS", "MB/s", "CPU");
    for (unsigned j = 0; j < COLUMNS_OF_PERCENTILES; j++)
        if (j != SECOND || width <= WIDTH_OF_ALL)
            fprintf(out, " %6s", columns[j].title);
    fprintf(out, " %6s\n", "faster");
    for (size_t i = 0; i < bench->n_arms; i++) {
        struct bench_summary sum = summary_of(bench, i, cache);
        term_name(out, bench->arms[i].label, width);
        if (sum.runs == 0) {
            fprintf(out, " %7s\n", summary_missing(&sum));
            continue;
        }
        fprintf(out, " %7s %6s %6s", words_figure(sum.items_s), words_figure(sum.mb_s),
                words_figure(sum.cpu_seconds / bench_items(bench, &bench->arms[i]) / us));
        for (unsigned j = 0; j < COLUMNS_OF_PERCENTILES; j++) {
            const struct bench_kind *kind = &sum.kinds[columns[j].kind];
            if (j != SECOND || width <= WIDTH_OF_ALL)
                fprintf(out, " %6s", words_figure(kind->latency_ns[columns[j].of] / ns_per_us));
        }
        print_faster(out, bench, i, &sum);
        fprintf(out, "%s\n", is_knee(bench, cache, i) ? "*" : "");
    }
}

/* Prints the rates and latencies of an arm's reads, writes or fsyncs. */
static void print_kind(FILE *out, const struct bench_arm *arm, const struct bench_kind *of,
                       const char *name, int width, bool sized)
{
    if (isnan(of->items_s))
        return;
    term_name(out, arm->name, width);
    fprintf(out, " %-6s %9s %6s", name, words_figure(of->items_s),
            words_figure(sized ? of->items_s * (double)arm->pattern_block / 1e6 : NAN));
    for (unsigned i = 0; i < CLI_PERCENTILES; i++)
        fprintf(out, " %6s", words_figure(of->latency_ns[i] / ns_per_us));
    putc('\n', out);
}

void loads_print_kinds(FILE *out, const struct bench *bench, enum bench_cache cache, int width)
{
    static const char *const names[] = {
        [LOAD_READ] = "reads", [LOAD_WRITE] = "writes", [LOAD_FSYNC] = "fsyncs"};

    fprintf(out, "\n%-*s %-6s %9s %6s %6s %6s %6s %6s\n", width, "latency", "in us", "a second",
            "MB/s", "p50", "p90", "p99", "p99.9");
    for (size_t i = 0; i < bench->n_arms; i++) {
        struct bench_summary sum = summary_of(bench, i, cache);
        for (unsigned kind = 0; kind < LOAD_KINDS && sum.runs > 0; kind++)
            print_kind(out, &bench->arms[i], &sum.kinds[kind], names[kind], width,
                       kind != LOAD_FSYNC);
    }
}
