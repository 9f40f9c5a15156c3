/* screen.c: the report on one screen: the answer, one table, and where the time went. */
#define _GNU_SOURCE
#include "report.h"
#include "answer.h"
#include "knee.h"
#include "loads.h"
#include "term.h"
#include "verdict.h"
#include "words.h"
#include "../../cli/quote.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    LABEL_MIN = 18,
    LABEL_MAX = 28,
    BARS_MAX = 6, /* more arms are a sweep, whose table suffices */
    COLUMNS = 80,
    FIGURES = 44,     /* columns beside the name, */
    MEMORY = 10,      /* the last of them, if there is room, */
    MARK = 6,         /* and what is beside them */
    BAR_COLUMNS = 46, /* at most */
    BAR_FIGURES = 10, /* columns beside a bar and the name */
    SCREEN_LINES = 24,
};

static void print_wrapped(FILE *out, const struct term *term, const char *keyword, char *text)
{
    if (text)
        term_wrap(out, term, keyword, text);
    free(text);
}

static int name_width(const struct bench *bench)
{
    int width = LABEL_MIN;

    for (size_t i = 0; i < bench->n_arms; i++) {
        int columns = term_columns(bench->arms[i].label);
        width = columns > width ? columns : width;
    }
    return width < LABEL_MAX ? width : LABEL_MAX;
}

/* Prints how many times as fast as the baseline an arm is. */
static void print_faster(FILE *out, const struct bench *bench, size_t arm,
                         const struct bench_summary *sum)
{
    char text[64];

    if (arm == bench->baseline)
        snprintf(text, sizeof(text), "1x");
    else if (sum->pairs == 0)
        snprintf(text, sizeof(text), "-");
    else if (sum->contrary)
        snprintf(text, sizeof(text), "cannot tell");
    else if (isnan(sum->ratio_low))
        snprintf(text, sizeof(text), "%sx", words_times(sum->ratio));
    else
        snprintf(text, sizeof(text), "%sx  %s", words_times(sum->ratio),
                 words_interval(sum->ratio_low, sum->ratio_high));
    fprintf(out, "  %-17s", text);
}

/* Returns true if the memory has room beside names of this width. */
static bool has_memory(int width)
{
    return width + FIGURES + MEMORY + MARK <= COLUMNS;
}

static void print_row(FILE *out, const struct bench *bench, const struct answer *answer,
                      enum bench_cache cache, size_t arm, int width)
{
    struct bench_summary sum = summary_of(bench, arm, cache);

    term_name(out, bench->arms[arm].label, width);
    if (sum.runs == 0) {
        fprintf(out, " %8s\n", summary_missing(&sum));
        return;
    }
    fprintf(out, " %8s", words_seconds(sum.median));
    print_faster(out, bench, arm, &sum);
    fprintf(out, " %6s %8s", words_figure(sum.mb_s), words_seconds(sum.cpu_seconds));
    if (has_memory(width))
        fprintf(out, " %5.0f MiB", sum.memory_peak / 1048576);
    fprintf(out, "%s\n",
            (int)arm == answer->use && !answer->hint ? "  use"
            : sum.reflinked                          ? " clone"
                                                     : "");
}

static void print_table(FILE *out, const struct bench *bench, const struct answer *answer,
                        enum bench_cache cache, int width)
{
    fprintf(out, "\n%*s %8s  %-17s %6s %8s%s\n", width, "", "time", "faster", "MB/s", "CPU",
            has_memory(width) ? "    memory" : "");
    for (size_t i = 0; i < bench->n_arms; i++)
        print_row(out, bench, answer, cache, i, width);
}

static void print_bars(FILE *out, const struct bench *bench, const struct term *term,
                       enum bench_cache cache, int width)
{
    const int room = COLUMNS - width - BAR_FIGURES;
    const int columns = room < BAR_COLUMNS ? room : BAR_COLUMNS;
    double longest = 0;

    for (size_t i = 0; i < bench->n_arms; i++)
        longest = fmax(longest, summary_of(bench, i, cache).median); /* skips NAN */
    if (longest <= 0 || bench->n_arms > BARS_MAX)
        return;
    fprintf(out, "\nWhere the time went   %s computing   %s waiting   %s no processor was free\n",
            term_fill(term, FILL_COMPUTING), term_fill(term, FILL_WAITING),
            term_fill(term, FILL_QUEUED));
    for (size_t i = 0; i < bench->n_arms; i++) {
        struct bench_summary sum = summary_of(bench, i, cache);
        if (sum.runs == 0)
            continue;
        double whole = sum.median / longest * columns;
        term_name(out, bench->arms[i].label, width);
        putc(' ', out);
        term_split_bar(out, term, whole,
                       (const double[]){sum.computing_share, sum.waiting_share, sum.queued_share},
                       columns);
        fprintf(out, " %8s\n", words_seconds(sum.median));
    }
}

static void print_foot(FILE *out, const struct bench *bench, const struct term *term,
                       const struct machine *machine)
{
    static const char more[] = "More: --details --json --plot";
    const struct bench_data *data = &bench->data;
    char *text = NULL, *all = NULL;

    if (asprintf(&text, "%s %s%s  %s, %s  %s on %s, %s",
                 bench_operation_names[bench->opts.operation], cli_quote_maybe(data->paths[0]),
                 data->n_paths > 1 ? " ..." : "", words_of_whole(data->files, data->whole_files),
                 words_bytes((double)data->bytes), machine->filesystem, machine->device,
                 words_plural(machine->processors, "processor")) < 0)
        return;
    /* the options stay together */
    bool fits = (int)(strlen(text) + 2 + strlen(more)) <= term_wrap_width(term);
    if (asprintf(&all, "%s%s%s", text, fits ? "  " : "\n", more) >= 0)
        print_wrapped(out, term, NULL, all);
    free(text);
}

static void print_state(FILE *out, const struct bench *bench, const struct term *term,
                        const struct machine *machine, enum bench_cache cache)
{
    struct answer answer = answer_find(bench, cache);
    int width = name_width(bench);

    term_answer(out, term, answer_line(bench, &answer, cache));
    print_wrapped(out, term, "Use", answer_use_line(bench, &answer, cache));
    print_wrapped(out, term, "Sure?", answer_sure_line(bench, &answer, cache));
    if (bench->opts.pattern)
        loads_print(out, bench, cache, width);
    else
        print_table(out, bench, &answer, cache, width);
    print_bars(out, bench, term, cache, width);
    putc('\n', out);
    print_wrapped(out, term, "Why", verdict_line(bench, machine, cache));
    print_wrapped(out, term, "All", answer_whole_line(bench, cache));
    /* the table of a pattern has a star there */
    print_wrapped(out, term, bench->opts.pattern ? "Knee *" : "Knee", knee_line(bench, cache));
}

/* Prints a report, without its empty lines if it would not fit a screen with them. */
static void print_fitting(FILE *out, const char *text)
{
    unsigned lines = 0;

    for (const char *at = text; *at; at++)
        lines += *at == '\n';
    for (const char *at = text; *at; at++)
        if (lines <= SCREEN_LINES || *at != '\n' || (at > text && at[-1] != '\n'))
            putc(*at, out);
}

void report_screen(FILE *out, const struct bench *bench, const struct machine *machine)
{
    bool both = bench->opts.cold && bench->opts.warm;
    char *text = NULL;
    size_t size;
    FILE *page = both ? NULL : open_memstream(&text, &size), *to = page ? page : out;
    struct term term;

    term_init(&term, out);
    if (bench->opts.cold)
        print_state(to, bench, &term, machine, BENCH_COLD);
    if (both)
        putc('\n', to);
    if (bench->opts.warm)
        print_state(to, bench, &term, machine, BENCH_WARM);
    print_foot(to, bench, &term, machine);
    if (page && fclose(page) == 0)
        print_fitting(out, text);
    free(text);
    for (size_t i = 0; i < bench->n_warnings; i++)
        term_wrap(out, &term, "But", bench->warnings[i]);
}
