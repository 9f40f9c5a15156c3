/* columns.c: the table of the arms as cells of text. See columns.h. */
#define _GNU_SOURCE
#include "columns.h"
#include "words.h"

#include <assert.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>

static void add(struct columns *columns, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
static void add(struct columns *columns, const char *format, ...)
{
    va_list args;

    assert(columns->n < COLUMNS_MAX);
    va_start(args, format);
    vsnprintf(columns->cells[columns->n++], COLUMN_BYTES, format, args);
    va_end(args);
}

static void add_figure(struct columns *columns, double value)
{
    add(columns, "%s", words_figure(value));
}

/* Tells if not all requests are writes. */
static bool has_reads(const struct bench *bench)
{
    return bench->opts.write_percent < 100;
}

static void add_percentiles(struct columns *columns, const char *kind)
{
    add(columns, "%sp50 us", kind);
    add(columns, "%sp90 us", kind);
    add(columns, "%sp99 us", kind);
    add(columns, "%sp99.9 us", kind);
}

struct columns columns_head(const struct bench *bench)
{
    const bool writes = bench->opts.write_percent > 0;
    struct columns columns = {0};

    add(&columns, "time");
    add(&columns, "faster");
    add(&columns, "interval");
    add(&columns, "MB/s");
    if (bench->opts.pattern) {
        add(&columns, "IOPS");
        add(&columns, "CPU us/request");
        if (has_reads(bench))
            add_percentiles(&columns, writes ? "read " : "");
        if (writes) {
            add(&columns, "writes/s");
            add_percentiles(&columns, "write ");
        }
        if (bench->opts.fsync_every > 0) {
            add(&columns, "fsync p50 us");
            add(&columns, "fsync p99 us");
        }
    } else {
        add(&columns, "CPU");
        add(&columns, "memory");
    }
    return columns;
}

struct columns columns_of(const struct bench *bench, size_t arm, enum bench_cache cache)
{
    const double us = 1e-6, ns_per_us = 1e3;
    const bool writes = bench->opts.write_percent > 0;
    struct bench_summary sum = summary_of(bench, arm, cache);
    struct columns columns = {0};
    /* larger blocks are other work */
    const bool other_work = bench->arms[arm].pattern_block !=
                            bench->arms[bench->baseline].pattern_block;

    if (sum.runs == 0) {
        add(&columns, "%s",
            sum.differs   ? "differs"
            : sum.stopped ? "stopped"
            : sum.failed  ? "failed"
                          : "not run");
        return columns;
    }
    add(&columns, "%s", words_seconds(sum.median));
    if (other_work)
        add(&columns, "-");
    else if (sum.contrary)
        add(&columns, "cannot tell");
    else
        add(&columns, "%sx", arm == bench->baseline ? "1" : words_times(sum.ratio));
    add(&columns, "%s",
        arm == bench->baseline || isnan(sum.ratio_low) || sum.contrary || other_work
            ? ""
            : words_interval(sum.ratio_low, sum.ratio_high));
    add_figure(&columns, sum.mb_s);
    if (bench->opts.pattern) {
        add_figure(&columns, sum.items_s);
        add_figure(&columns, sum.cpu_seconds / bench_items(bench, &bench->arms[arm]) / us);
        for (unsigned i = 0; i < CLI_PERCENTILES && has_reads(bench); i++)
            add_figure(&columns, sum.latency_ns[i] / ns_per_us);
        if (writes)
            add_figure(&columns, sum.kinds[LOAD_WRITE].items_s);
        for (unsigned i = 0; i < CLI_PERCENTILES && writes; i++)
            add_figure(&columns, sum.kinds[LOAD_WRITE].latency_ns[i] / ns_per_us);
        if (bench->opts.fsync_every > 0) {
            add_figure(&columns, sum.kinds[LOAD_FSYNC].latency_ns[CLI_P50] / ns_per_us);
            add_figure(&columns, sum.kinds[LOAD_FSYNC].latency_ns[CLI_P99] / ns_per_us);
        }
    } else {
        add(&columns, "%s", words_seconds(sum.cpu_seconds));
        add(&columns, "%.0f MiB", sum.memory_peak / 1048576);
    }
    return columns;
}
