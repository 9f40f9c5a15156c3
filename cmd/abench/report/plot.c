/* plot.c: --plot: draws the figures with gnuplot: each arm's median with its quartiles and every
 * sample. A sweep is drawn as curves along its first dimension, one for each combination of the
 * other values. */
#define _GNU_SOURCE
#include "report.h"
#include "curves.h"
#include "knee.h"
#include "summary.h"
#include "../measure/child.h"
#include "../../cli/messages.h"
#include "../../cli/quote.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

void report_plot_require(void)
{
    char *argv[] = {(char *)"gnuplot", (char *)"--version", NULL};

    if (child_command(argv, true) != 0)
        cli_fatal(0,
                  "--plot needs gnuplot, which cannot be run; install gnuplot-nox, or omit --plot");
}

/* Writes text in gnuplot's single quotes, in which only a quote has a meaning. */
static void put_quoted(FILE *out, const char *text)
{
    putc('\'', out);
    for (; *text; text++) {
        if (*text == '\'')
            putc('\'', out);
        putc(*text == '\n' ? ' ' : *text, out);
    }
    putc('\'', out);
}

static void put_head(FILE *out, const struct bench *bench, unsigned states)
{
    bool svg = strcmp(strrchr(bench->opts.plot, '.'), ".svg") == 0;
    unsigned height = bench->opts.sweep ? 480 : 140 + 46 * (unsigned)bench->n_arms;
    const char *slash = strrchr(bench->data.paths[0], '/');

    fprintf(out, "set terminal %s noenhanced size 900,%u font ',13'\nset output ",
            svg ? "svg background '#ffffff'" : "pngcairo", height * states);
    put_quoted(out, bench->opts.plot);
    fprintf(out,
            "\nset multiplot layout %u,1\nset grid lc rgb '#dddddd'\nset border 3\n"
            "set tics nomirror\nset style fill solid\nset title font ',14'\n",
            states);
    fprintf(out, "operation = '%s '\nname = ", bench_operation_names[bench->opts.operation]);
    put_quoted(out, slash && slash[1] ? slash + 1 : bench->data.paths[0]);
    putc('\n', out);
}

static size_t arms_with_runs(const struct bench *bench, enum bench_cache cache)
{
    size_t n = 0;

    for (size_t i = 0; i < bench->n_arms; i++)
        n += summary_of(bench, i, cache).runs > 0;
    return n;
}

/* Draws horizontal bars, so that names have space: one row for each arm, the first on top. */
static void put_arms(FILE *out, const struct bench *bench, enum bench_cache cache)
{
    size_t row = 0;

    fputs("$samples << EOD\n", out);
    for (size_t i = 0; i < bench->n_arms; i++) {
        const struct bench_arm *arm = &bench->arms[i];
        if (summary_of(bench, i, cache).runs == 0)
            continue;
        row++;
        for (size_t j = 0; j < arm->n_samples; j++) {
            const struct bench_sample *sample = &arm->samples[j];
            if (sample->cache == cache && sample->check != CHECK_FAILED &&
                sample->check != CHECK_DIFFERS)
                fprintf(out, "%.9g %zu\n", sample->seconds, row);
        }
    }
    fputs("EOD\n$medians << EOD\n", out);
    row = 0;
    for (size_t i = 0; i < bench->n_arms; i++) {
        struct bench_summary sum = summary_of(bench, i, cache);
        if (sum.runs > 0)
            fprintf(out, "%.9g %zu %.9g %.9g\n", sum.median, ++row, sum.q1, sum.q3);
    }
    fputs("EOD\nset ytics (", out);
    row = 0;
    for (size_t i = 0; i < bench->n_arms; i++) {
        struct bench_summary sum = summary_of(bench, i, cache);
        if (sum.runs == 0)
            continue;
        char label[256];
        snprintf(label, sizeof(label), "%s   %.3g s", bench->arms[i].name, sum.median);
        fputs(row++ ? ", " : "", out);
        put_quoted(out, label);
        fprintf(out, " %zu", row);
    }
    fprintf(out,
            ")\nset yrange [%zu.6:0.4]\nset xrange [0:*]\nset xlabel 'seconds: median, quartiles,"
            " samples'\nset title operation.name.', %s'\n"
            "plot $medians using (0):2:(0):1:($2-0.3):($2+0.3) with boxxyerror lc rgb '#9ecae1'"
            " notitle, \\\n"
            " $samples using 1:2 with points pt 7 ps 0.4 lc rgb '#555555' notitle, \\\n"
            " $medians using 1:2:3:4 with xerrorbars pt 7 ps 0.7 lw 2 lc rgb '#08519c' notitle\n",
            row, bench_cache_names[cache]);
}

static void put_sweep(FILE *out, const struct bench *bench, enum bench_cache cache)
{
    const char *title_of_knee = "knee";
    unsigned curves = 0;
    char title[256];

    for (size_t i = 0; i < bench->n_arms; i++) {
        if (!bench->arms[i].swept || bench->arms[i].point[0] != 0)
            continue;
        fprintf(out, "$curve%u << EOD\n", curves++);
        for (size_t j = i; j < bench->n_arms; j++) {
            struct bench_summary sum = summary_of(bench, j, cache);
            if (bench->arms[j].swept && sum.runs > 0 &&
                curves_same(bench, &bench->arms[i], &bench->arms[j]))
                fprintf(out, "%g %.9g %.9g %.9g\n", curves_x(bench, &bench->arms[j]), sum.mb_s,
                        sum.mb_s * sum.median / sum.q3, sum.mb_s * sum.median / sum.q1);
        }
        fputs("EOD\n", out);
    }
    fprintf(out,
            "set logscale x 2\nset xlabel '%s'\nset ylabel 'MB/s: median, quartiles'\n"
            "set yrange [0:*]\nset offsets graph 0.03, graph 0.03, 0, 0\nset key outside "
            "right\nset title operation.name.', %s'\nplot ",
            bench->sweep.dimensions[0].name, bench_cache_names[cache]);
    curves = 0;
    for (size_t i = 0; i < bench->n_arms; i++) {
        if (!bench->arms[i].swept || bench->arms[i].point[0] != 0)
            continue;
        fprintf(out, "$curve%u using 1:2:3:4 with yerrorlines pt 7 lw 2 title ", curves++);
        curves_title(title, sizeof(title), bench, &bench->arms[i]);
        put_quoted(out, title);
        fputs(", \\\n ", out);
    }
    double base = summary_of(bench, bench->baseline, cache).mb_s;
    if (!bench->arms[bench->baseline].swept && isfinite(base)) {
        fprintf(out, "%.9g with lines dt 2 lc rgb '#555555' title ", base);
        put_quoted(out, bench->arms[bench->baseline].name);
        fputs(", \\\n ", out);
    }
    for (size_t group = 0; group < knee_groups(bench); group++) {
        int best, knee = knee_find(bench, cache, group, &best);
        if (knee < 0)
            continue;
        fprintf(out,
                "'+' using (%g):(%.9g) every ::0::0 with points pt 6 ps 3 lw 2 lc rgb 'black'"
                " title '%s', \\\n ",
                curves_x(bench, &bench->arms[knee]), summary_of(bench, (size_t)knee, cache).mb_s,
                title_of_knee);
        title_of_knee = "";
    }
    fputs("NaN notitle\n", out);
}

void report_plot(const struct bench *bench)
{
    const char *path = bench_temp(bench, "plot");
    char *argv[] = {(char *)"gnuplot", (char *)path, NULL};
    unsigned states = 0;
    FILE *out;

    for (unsigned cache = BENCH_COLD; cache <= BENCH_WARM; cache++)
        states += arms_with_runs(bench, cache) > 0;
    if (states == 0)
        return;
    out = fopen(path, "we");
    if (!out)
        cli_fatal(errno, "%s", cli_quote_maybe(path));
    put_head(out, bench, states);
    for (unsigned cache = BENCH_COLD; cache <= BENCH_WARM; cache++) {
        if (arms_with_runs(bench, cache) > 0)
            (bench->opts.sweep ? put_sweep : put_arms)(out, bench, cache);
    }
    if (fclose(out) != 0)
        cli_fatal(errno, "error writing %s", cli_quote(path));
    if (child_command(argv, false) != 0)
        cli_fatal(0, "gnuplot cannot draw %s", cli_quote(bench->opts.plot));
}
