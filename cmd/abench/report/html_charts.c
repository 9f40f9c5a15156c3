/* html_charts.c: the charts of --html, as inline SVG: bars that are as wide as the page, and small
 * charts whose text keeps its size beside each other or one below the other. */
#define _GNU_SOURCE
#include "html_charts.h"
#include "columns.h"
#include "curves.h"
#include "html_text.h"
#include "words.h"

#include <assert.h>
#include <math.h>
#include <string.h>

enum {
    SERIES_MAX = 1 + BENCH_ARMS_MAX,
    COLOURS = 8,
    WIDTH = 400, /* units of the small charts */
    HEIGHT = 230,
    LEFT = 46,
    RIGHT = WIDTH - 10,
    TOP = 12,
    BOTTOM = HEIGHT - 34,
};

/* Returns the name of an arm's colour: that of its kind. */
static const char *colour_of(const struct bench_arm *arm)
{
    return arm->ring ? "ring" : arm->threads > 1 ? "threads" : arm->threads == 1 ? "one" : "other";
}

static void put_bar(FILE *out, const struct bench *bench, size_t arm, enum bench_cache cache,
                    double longest)
{
    const struct bench_arm *of = &bench->arms[arm];
    struct bench_summary sum = summary_of(bench, arm, cache);
    struct columns columns = columns_of(bench, arm, cache);
    double percent = 100 / longest;

    fputs("<span class=\"name\">", out);
    html_text(out, of->label);
    fprintf(out, "</span><span class=\"value\">%s", columns.cells[0]);
    if (sum.runs == 0) {
        fputs("</span><span></span>\n", out);
        return;
    }
    fprintf(out, "&ensp;<b>%s</b>%s%s</span>\n", columns.cells[1], columns.cells[2][0] ? " " : "",
            columns.cells[2]);
    fprintf(out,
            "<svg><rect y=\"4\" height=\"18\" rx=\"2\" width=\"%.3f%%\" fill=\"var(--%s)\" "
            "opacity=\".75\"><title>median %s</title></rect>",
            sum.median * percent, colour_of(of), words_seconds(sum.median));
    for (size_t i = 0; i < of->n_samples; i++) {
        if (summary_sample_good(&of->samples[i], cache))
            fprintf(out,
                    "<circle class=\"sample\" r=\"2.2\" cy=\"13\" cx=\"%.3f%%\"><title>round %u: "
                    "%s</title></circle>",
                    of->samples[i].seconds * percent, of->samples[i].round,
                    words_seconds(of->samples[i].seconds));
    }
    fprintf(out, "<line class=\"whisker\" y1=\"13\" y2=\"13\" x1=\"%.3f%%\" x2=\"%.3f%%\"/>",
            sum.q1 * percent, sum.q3 * percent);
    for (int i = 0; i < 2; i++)
        fprintf(out, "<line class=\"whisker\" y1=\"8\" y2=\"18\" x1=\"%.3f%%\" x2=\"%.3f%%\"/>",
                (i ? sum.q3 : sum.q1) * percent, (i ? sum.q3 : sum.q1) * percent);
    fputs("</svg>\n", out);
}

void html_bars(FILE *out, const struct bench *bench, enum bench_cache cache)
{
    double longest = 0;

    for (size_t i = 0; i < bench->n_arms; i++)
        longest = fmax(longest, summary_of(bench, i, cache).max); /* skips NAN */
    if (longest <= 0)
        return;
    fputs("<figure class=\"card\"><h2>Time of a run</h2><div class=\"bars\">\n", out);
    for (size_t i = 0; i < bench->n_arms; i++)
        put_bar(out, bench, i, cache, longest);
    fputs("</div><figcaption>Bars: medians. Whiskers: quartiles. Dots: every run. Then how many "
          "times as fast as ",
          out);
    html_text(out, bench->arms[bench->baseline].label);
    fputs(", with the interval.</figcaption></figure>\n", out);
}

/* An axis: from the lowest to the highest value, in units of the chart. */
struct axis {
    double low, high;
    bool log;
    int from, to;
};

static double place(const struct axis *axis, double value)
{
    double part = axis->log ? log(value / axis->low) / log(axis->high / axis->low)
                            : (value - axis->low) / (axis->high - axis->low);

    return axis->from + part * (axis->to - axis->from);
}

/* Returns a figure with three digits at most: 1.5, 76k. */
static const char *short_figure(double value)
{
    static char buffers[4][32];
    static unsigned next;
    static const char *const units[] = {"", "k", "M", "G"};
    char *text = buffers[next++ % 4];
    unsigned unit = 0;

    while (value >= 999.5 && unit < 3) {
        value /= 1000;
        unit++;
    }
    snprintf(text, sizeof(buffers[0]), "%.3g%s", value, units[unit]);
    return text;
}

static void put_tick_y(FILE *out, const struct axis *y, double value)
{
    double at = place(y, value);

    fprintf(out,
            "<line class=\"axis\" x1=\"%d\" x2=\"%d\" y1=\"%.1f\" y2=\"%.1f\"/>"
            "<text x=\"%d\" y=\"%.1f\" text-anchor=\"end\">%s</text>\n",
            LEFT, RIGHT, at, at, LEFT - 6, at + 4, short_figure(value));
}

/* Returns a round step that divides a value into five parts at most. */
static double round_step(double value)
{
    double ten = pow(10, floor(log10(value / 5))), step = ten;

    while (step * 5 < value * 0.9999)
        step = step < 2 * ten ? 2 * ten : step < 5 * ten ? 5 * ten : 10 * ten;
    return step;
}

/* Rounds the ends of the y axis, and draws its lines. */
static void put_axis_y(FILE *out, struct axis *y)
{
    static const double steps[] = {1, 2, 5};

    y->from = BOTTOM;
    y->to = TOP;
    if (!y->log) {
        double step = round_step(y->high);
        y->low = 0;
        y->high = ceil(y->high / step * 0.9999) * step;
        for (int i = 0; i * step <= y->high * 1.0001; i++)
            put_tick_y(out, y, i * step);
        return;
    }
    double wide = y->high / y->low > 1000 ? 3 : 1;
    int first = 3 * (int)floor(log10(y->low)), last = 3 * (int)ceil(log10(y->high)) + 1;
    while (steps[(first + 1 + 300) % 3] * pow(10, floor((first + 1) / 3.0)) <= y->low)
        first++;
    y->low = steps[(first + 300) % 3] * pow(10, floor(first / 3.0));
    for (int i = last; i > first; i--) {
        double value = steps[(i + 300) % 3] * pow(10, floor(i / 3.0));
        if (value >= y->high)
            last = i;
    }
    y->high = steps[(last + 300) % 3] * pow(10, floor(last / 3.0));
    for (int i = first; i <= last; i++) {
        if (wide < 2 || i % 3 == 0)
            put_tick_y(out, y, steps[(i + 300) % 3] * pow(10, floor(i / 3.0)));
    }
}

/* What a chart against depth shows. */
struct metric {
    const char *title;
    bool log;
    int lines; /* 2: the second one is the 99th percentile */
    double (*value)(const struct bench *bench, size_t arm, const struct bench_summary *sum,
                    bool second);
};

static double rate(const struct bench *bench, size_t arm, const struct bench_summary *sum,
                   bool second)
{
    (void)arm;
    (void)second;
    return bench->opts.pattern ? sum->items_s : sum->mb_s;
}

static double kind_latency(const struct bench_summary *sum, enum load_kind kind, bool second)
{
    return sum->kinds[kind].latency_ns[second ? CLI_P99 : CLI_P50] / 1e3;
}

static double read_latency(const struct bench *bench, size_t arm, const struct bench_summary *sum,
                           bool second)
{
    (void)bench;
    (void)arm;
    return kind_latency(sum, LOAD_READ, second);
}

static double write_latency(const struct bench *bench, size_t arm, const struct bench_summary *sum,
                            bool second)
{
    (void)bench;
    (void)arm;
    return kind_latency(sum, LOAD_WRITE, second);
}

static double fsync_latency(const struct bench *bench, size_t arm, const struct bench_summary *sum,
                            bool second)
{
    (void)bench;
    (void)arm;
    return kind_latency(sum, LOAD_FSYNC, second);
}

static double cpu(const struct bench *bench, size_t arm, const struct bench_summary *sum,
                  bool second)
{
    (void)second;
    return bench->opts.pattern ? sum->cpu_seconds / bench_items(bench, &bench->arms[arm]) * 1e6
                               : sum->cpu_seconds;
}

struct series {
    char title[128];
    char colour[16];
    size_t arms[BENCH_ARMS_MAX], n;
};

static double x_of(const struct bench *bench, size_t arm)
{
    const struct bench_arm *of = &bench->arms[arm];

    return of->swept ? curves_x(bench, of) : of->threads;
}

/* Collects the curves: of the sweep and, against depth, of as many threads. */
static size_t find_series(const struct bench *bench, enum bench_cache cache, struct series *series)
{
    bool depth = strcmp(bench->sweep.dimensions[0].name, "depth") == 0;
    size_t n = 0, curves = 0;

    series[n] = (struct series){.title = "blocking threads", .colour = "threads"};
    for (size_t i = 0; depth && i < bench->n_arms; i++) {
        if (bench->arms[i].threads > 0 && summary_of(bench, i, cache).runs > 0)
            series[n].arms[series[n].n++] = i;
    }
    n += series[n].n > 1;
    for (size_t i = 0; i < bench->n_arms; i++) {
        const struct bench_arm *first = &bench->arms[i];
        if (!first->swept || first->point[0] != 0)
            continue;
        series[n] = (struct series){.n = 0};
        curves_title(series[n].title, sizeof(series[n].title), bench, first);
        /* the second colour is that of the threads */
        unsigned colour = curves % (COLOURS - 1);
        snprintf(series[n].colour, sizeof(series[n].colour), "s%u", colour + (colour > 0));
        for (size_t j = i; j < bench->n_arms; j++) {
            if (bench->arms[j].swept && curves_same(bench, first, &bench->arms[j]) &&
                summary_of(bench, j, cache).runs > 0)
                series[n].arms[series[n].n++] = j;
        }
        curves++;
        n += series[n].n > 0;
    }
    return n;
}

static void put_line(FILE *out, const struct bench *bench, enum bench_cache cache,
                     const struct series *series, const struct metric *metric, bool second,
                     const struct axis *x, const struct axis *y)
{
    fprintf(out, "<polyline fill=\"none\" stroke=\"var(--%s)\" stroke-width=\"2\"%s points=\"",
            series->colour, second ? " stroke-dasharray=\"5 4\"" : "");
    for (size_t i = 0; i < series->n; i++) {
        struct bench_summary sum = summary_of(bench, series->arms[i], cache);
        double value = metric->value(bench, series->arms[i], &sum, second);
        if (value > 0)
            fprintf(out, "%.1f,%.1f ", place(x, x_of(bench, series->arms[i])), place(y, value));
    }
    fputs("\"/>\n", out);
    for (size_t i = 0; i < series->n; i++) {
        struct bench_summary sum = summary_of(bench, series->arms[i], cache);
        double value = metric->value(bench, series->arms[i], &sum, second);
        double at = place(x, x_of(bench, series->arms[i]));
        if (!(value > 0))
            continue;
        if (metric->value == rate) /* the rates of the quartiles */
            fprintf(out,
                    "<line stroke=\"var(--%s)\" x1=\"%.1f\" x2=\"%.1f\" y1=\"%.1f\" "
                    "y2=\"%.1f\"/>",
                    series->colour, at, at, place(y, value * sum.median / sum.q3),
                    place(y, value * sum.median / sum.q1));
        fprintf(out, "<circle r=\"3\" cx=\"%.1f\" cy=\"%.1f\" fill=\"var(--%s)\"><title>", at,
                place(y, value), series->colour);
        html_text(out, bench->arms[series->arms[i]].label);
        fprintf(out, ": %s</title></circle>\n", short_figure(value));
    }
}

static void put_axis_x(FILE *out, const struct bench *bench, const struct axis *x)
{
    size_t n = bench->sweep.dimensions[0].n_values;

    for (size_t i = 0; i < n; i++) {
        struct bench_arm arm = {.point = {i}};
        if (n <= 8 || i % 2 == 0)
            fprintf(out, "<text x=\"%.1f\" y=\"%d\" text-anchor=\"middle\">%s</text>",
                    place(x, curves_x(bench, &arm)), BOTTOM + 15,
                    bench->sweep.dimensions[0].values[i]);
    }
    fprintf(out, "<text x=\"%d\" y=\"%d\" text-anchor=\"end\">%s</text>\n", RIGHT, HEIGHT - 4,
            strcmp(bench->sweep.dimensions[0].name, "depth") == 0
                ? "requests in flight"
                : bench->sweep.dimensions[0].name);
}

static void put_chart(FILE *out, const struct bench *bench, enum bench_cache cache,
                      const struct series *series, size_t n, const struct metric *metric)
{
    struct axis x = {.low = INFINITY, .log = true, .from = LEFT + 12, .to = RIGHT - 12};
    struct axis y = {.low = INFINITY, .log = metric->log};

    for (size_t i = 0; i < n; i++) {
        for (size_t j = 0; j < series[i].n; j++) {
            struct bench_summary sum = summary_of(bench, series[i].arms[j], cache);
            double at = x_of(bench, series[i].arms[j]);
            x.low = fmin(x.low, at);
            x.high = fmax(x.high, at);
            for (int second = 0; second < metric->lines; second++) {
                double value = metric->value(bench, series[i].arms[j], &sum, second);
                y.low = value > 0 ? fmin(y.low, value) : y.low;
                /* the rate of the faster quartile has its place, too */
                y.high = fmax(y.high, metric->value == rate ? value * sum.median / sum.q1 : value);
            }
        }
    }
    if (!(y.high > 0) || x.low >= x.high)
        return;
    fprintf(out, "<figure class=\"card\"><h3>%s</h3><svg viewBox=\"0 0 %d %d\" role=\"img\">\n",
            metric->title, WIDTH, HEIGHT);
    put_axis_y(out, &y);
    put_axis_x(out, bench, &x);
    for (size_t i = 0; i < n; i++) {
        for (int second = 0; second < metric->lines; second++)
            put_line(out, bench, cache, &series[i], metric, second, &x, &y);
    }
    fputs("</svg><div class=\"key\">", out);
    for (size_t i = 0; i < n; i++) {
        fprintf(out, "<span><i style=\"background:var(--%s)\"></i>", series[i].colour);
        html_text(out, series[i].title);
        fputs("</span>", out);
    }
    fputs(metric->lines > 1       ? "<span><i class=\"dash\"></i>p99</span></div></figure>\n"
          : metric->value == rate ? "<span>| quartiles</span></div></figure>\n"
                                  : "</div></figure>\n",
          out);
}

void html_curves(FILE *out, const struct bench *bench, enum bench_cache cache)
{
    static struct series series[SERIES_MAX];
    const bool reads = bench->opts.pattern, writes = bench->opts.write_percent > 0;
    const struct metric metrics[] = {
        {reads ? "Requests a second" : "MB/s", false, 1, rate},
        {writes ? "Latency of reads, us: median and p99" : "Latency, us: median and p99", true, 2,
         read_latency},
        {"Latency of writes, us: median and p99", true, 2, write_latency},
        {"Latency of fsyncs, us: median and p99", true, 2, fsync_latency},
        {reads ? "CPU us a request" : "CPU seconds", false, 1, cpu},
    };
    size_t n = bench->sweep.n_dimensions > 0 ? find_series(bench, cache, series) : 0;

    for (size_t i = 0; n > 0 && i < sizeof(metrics) / sizeof(*metrics); i++)
        put_chart(out, bench, cache, series, n, &metrics[i]);
}

static void put_samples_of(FILE *out, const struct bench_arm *arm, enum bench_cache cache,
                           unsigned colour, const struct axis *x, const struct axis *y)
{
    fprintf(out, "<g fill=\"var(--s%u)\">", colour);
    for (size_t i = 0; i < arm->n_samples; i++) {
        const struct bench_sample *sample = &arm->samples[i];
        if (!summary_sample_good(sample, cache))
            continue;
        fprintf(out, "<circle r=\"2.6\" cx=\"%.1f\" cy=\"%.1f\"><title>", place(x, sample->begin),
                place(y, sample->seconds));
        html_text(out, arm->label);
        fprintf(out, ", round %u: %s</title></circle>", sample->round,
                words_seconds(sample->seconds));
    }
    fputs("</g>\n", out);
}

void html_samples(FILE *out, const struct bench *bench, enum bench_cache cache)
{
    struct axis x = {.low = INFINITY, .from = LEFT + 8, .to = RIGHT - 8};
    struct axis y = {.low = INFINITY};
    double step;

    for (size_t i = 0; i < bench->n_arms; i++) {
        for (size_t j = 0; j < bench->arms[i].n_samples; j++) {
            const struct bench_sample *sample = &bench->arms[i].samples[j];
            if (!summary_sample_good(sample, cache))
                continue;
            x.low = fmin(x.low, sample->begin);
            x.high = fmax(x.high, sample->begin);
            y.low = fmin(y.low, sample->seconds);
            y.high = fmax(y.high, sample->seconds);
        }
    }
    if (!(y.high > 0) || x.low >= x.high)
        return;
    y.log = y.high > 5 * y.low;
    step = round_step(x.high - x.low);
    x.low = floor(x.low / step) * step;
    fprintf(out,
            "<figure class=\"card\"><h3>Seconds of each run, when it began</h3>"
            "<svg viewBox=\"0 0 %d %d\" role=\"img\">\n",
            WIDTH, HEIGHT);
    put_axis_y(out, &y);
    for (int i = 0; i <= (int)((x.high - x.low) / step); i++)
        fprintf(out, "<text x=\"%.1f\" y=\"%d\" text-anchor=\"middle\">%s</text>",
                place(&x, x.low + i * step), BOTTOM + 15, short_figure(x.low + i * step));
    fprintf(out, "<text x=\"%d\" y=\"%d\" text-anchor=\"end\">seconds after the start</text>\n",
            RIGHT, HEIGHT - 4);
    for (size_t i = 0; i < bench->n_arms; i++)
        put_samples_of(out, &bench->arms[i], cache, i % COLOURS, &x, &y);
    fputs("</svg><div class=\"key\">", out);
    for (size_t i = 0; i < bench->n_arms; i++) {
        if (summary_of(bench, i, cache).runs == 0)
            continue;
        fprintf(out, "<span><i style=\"background:var(--s%zu)\"></i>", i % COLOURS);
        html_text(out, bench->arms[i].label);
        fputs("</span>", out);
    }
    fputs("</div></figure>\n", out);
}
