/* table.c: --details: prints all figures as tables. */
#define _GNU_SOURCE
#include "report.h"
#include "answer.h"
#include "knee.h"
#include "loads.h"
#include "summary.h"
#include "term.h"
#include "verdict.h"
#include "words.h"
#include "../../cli/quote.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void print_head(FILE *out, const struct bench *bench, const struct machine *machine)
{
    const struct bench_data *data = &bench->data;

    fprintf(out, "%-9s%s: %s, %s", bench_operation_names[bench->opts.operation],
            cli_quote_maybe(data->paths[0]), words_of_whole(data->files, data->whole_files),
            words_bytes((double)data->bytes));
    if (data->n_paths > 1)
        fprintf(out, ", with %zu more", data->n_paths - 1);
    if (bench->opts.pattern)
        fprintf(out, "; %s blocks of %" PRIu64 " bytes, %s", bench->opts.pattern,
                bench->opts.pattern_block, words_bytes(bench_bytes(bench)));
    fprintf(out, "; %s on %s\n", machine->filesystem, machine->device);
    fprintf(out, "machine  %u %s, %.1f GiB memory, Linux %s\n", machine->processors,
            machine->processors == 1 ? "processor" : "processors",
            (double)machine->memory_total / 1073741824, machine->kernel);
}

static void print_state(FILE *out, const struct bench *bench, enum bench_cache cache)
{
    double resident = summary_resident(bench, cache);

    fprintf(out, "\ncache    %s",
            cache == BENCH_WARM       ? "warm: every file was read first"
            : bench->opts.drop_caches ? "cold: page cache, names and inodes"
                                      : "cold: page cache only");
    if (cache == BENCH_COLD && bench->opts.settle > 0)
        fprintf(out, ", emptied %u s before each run", bench->opts.settle);
    if (isnan(resident))
        fprintf(out, "; the resident part is not known");
    else
        fprintf(out, "; %s %.1f%% resident before a run",
                cache == BENCH_COLD ? "at most" : "at least", 100 * resident);
    fprintf(out, "\nruns     %u %s%s, each with the arms in random order, seed %" PRIu64 "%s\n\n",
            bench->rounds_done[cache], bench->rounds_done[cache] == 1 ? "round" : "rounds",
            bench->timed_out[cache] ? " (time limit reached)"
            : bench->precise[cache] ? " (precision reached)"
                                    : "",
            bench->opts.seed, bench->opts.durable ? "; times include the sync to disk" : "");
}

static int name_width(const struct bench *bench)
{
    int width = 8;

    for (size_t i = 0; i < bench->n_arms; i++) {
        int columns = term_columns(bench->arms[i].name);
        width = columns > width ? columns : width;
    }
    return width;
}

/* Returns the digits after the point that give about three significant ones. */
static int digits_for(double seconds)
{
    return seconds < 0.01 ? 5 : seconds < 0.1 ? 4 : seconds < 10 ? 3 : 2;
}

static const char *detectable_text(const struct bench_summary *sum)
{
    if (isnan(sum->ratio_low))
        return "  too few rounds to tell";
    if (sum->contrary)
        return "  the medians say otherwise";
    return summary_detectable(sum) ? "" : "  no detectable difference";
}

static void print_times(FILE *out, const struct bench *bench, const struct term *term,
                        enum bench_cache cache, int width)
{
    bool durable = bench->opts.operation == BENCH_COPY && !bench->opts.durable;
    bool rates = term_fits(term, width + 90);

    fprintf(out, "%-*s %8s  %-16s%s", width, "arm", "seconds", "quartiles",
            durable ? "  durable" : "");
    if (rates)
        fprintf(out, " %8s %9s", "MB/s", bench->opts.pattern ? "IOPS" : "files/s");
    fprintf(out, "  %6s  %s\n", "ratio", "interval");
    for (size_t i = 0; i < bench->n_arms; i++) {
        struct bench_summary sum = summary_of(bench, i, cache);
        int digits = digits_for(sum.median);
        char spread[64];
        term_name(out, bench->arms[i].name, width + 1);
        if (sum.runs == 0) {
            fprintf(out, "%8s\n", summary_missing(&sum));
            continue;
        }
        snprintf(spread, sizeof(spread), "%.*f..%.*f", digits, sum.q1, digits, sum.q3);
        fprintf(out, "%8.*f  %-16s", digits, sum.median, spread);
        if (durable)
            fprintf(out, " %8.*f", digits, sum.durable);
        if (rates)
            fprintf(out, " %8s %9s", words_figure(sum.mb_s), words_figure(sum.items_s));
        if (i == bench->baseline)
            fprintf(out, "  %6.2f", 1.0);
        else if (bench->arms[i].pattern_block != bench->arms[bench->baseline].pattern_block)
            fprintf(out, "  %6s  other work: blocks of another size", "-");
        else if (sum.pairs > 0 && isnan(sum.ratio_low))
            fprintf(out, "  %6.2f  %s", sum.ratio, detectable_text(&sum));
        else if (sum.pairs > 0)
            fprintf(out, "  %6.2f  %.2f..%.2f%s", sum.ratio, sum.ratio_low, sum.ratio_high,
                    detectable_text(&sum));
        fprintf(out, "%s\n", sum.reflinked ? "  reflink" : "");
    }
}

static void print_costs(FILE *out, const struct bench *bench, const struct term *term,
                        enum bench_cache cache, int width)
{
    bool all = term_fits(term, width + 74);

    fprintf(out, "\n%-*s %8s %9s", width, "cost", "CPU", "memory");
    if (all)
        fprintf(out, " %9s %9s %10s", "switches", "waiting", "in flight");
    fprintf(out, " %9s %9s\n", "read", "written");
    for (size_t i = 0; i < bench->n_arms; i++) {
        struct bench_summary sum = summary_of(bench, i, cache);
        if (sum.runs == 0)
            continue;
        term_name(out, bench->arms[i].name, width);
        fprintf(out, " %8s %5.1f MiB", words_seconds(sum.cpu_seconds), sum.memory_peak / 1048576);
        if (all) {
            fprintf(out, " %9.0f %9s %10s", sum.switches, words_seconds(sum.waiting_seconds),
                    words_figure(sum.in_flight_mean));
        }
        fprintf(out, " %9s %9s\n", words_bytes(sum.device_read), words_bytes(sum.device_write));
    }
}

static void print_line(FILE *out, const struct term *term, const char *keyword, char *text)
{
    if (text)
        term_line(out, term, keyword, text);
    free(text);
}

static void print_meaning(FILE *out, const struct term *term, const struct bench *bench,
                          const struct machine *machine, enum bench_cache cache)
{
    struct verdict verdict;

    putc('\n', out);
    struct answer answer = answer_find(bench, cache);
    print_line(out, term, "answer", answer_line(bench, &answer, cache));
    print_line(out, term, "why", verdict_line(bench, machine, cache));
    if (verdict_reach(bench, cache, &verdict)) {
        print_line(out, term, "evidence", verdict_evidence_line(bench, bench->baseline, cache));
        if (verdict.arm != bench->baseline)
            print_line(out, term, "", verdict_evidence_line(bench, verdict.arm, cache));
    }
    print_line(out, term, "all", answer_whole_line(bench, cache));
    print_line(out, term, "knee", knee_line(bench, cache));
    print_line(out, term, "predict", verdict_prediction_line(bench, cache));
    print_line(out, term, "use", answer_use_line(bench, &answer, cache));
    print_line(out, term, "sure", answer_sure_line(bench, &answer, cache));
}

void report_table(FILE *out, const struct bench *bench, const struct machine *machine)
{
    int width = name_width(bench);
    struct term term;

    term_init(&term, out);
    print_head(out, bench, machine);
    for (unsigned cache = BENCH_COLD; cache <= BENCH_WARM; cache++) {
        if (!(cache == BENCH_COLD ? bench->opts.cold : bench->opts.warm))
            continue;
        print_state(out, bench, cache);
        print_times(out, bench, &term, cache, width);
        if (bench->opts.pattern)
            loads_print_kinds(out, bench, cache, width);
        term_bars(out, &term, bench, cache, width);
        print_costs(out, bench, &term, cache, width);
        print_meaning(out, &term, bench, machine, cache);
    }
    for (size_t i = 0; i < bench->n_warnings; i++)
        term_line(out, &term, "warning", bench->warnings[i]);
}
