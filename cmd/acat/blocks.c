/* blocks.c: --discard in blocks: reads and writes of each operand at given places, and the report
 * on them. */
#define _GNU_SOURCE
#include "blocks.h"
#include "../../core/base/limits.h"
#include "../cli/engine.h"
#include "../cli/json.h"
#include "../cli/latency.h"
#include "../cli/messages.h"
#include "../cli/quote.h"
#include "../cli/stats.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    RANDOM_BLOCK_BYTES = 4096,
    SEQUENTIAL_BLOCK_BYTES = 1024 * 1024,
    /* enough to saturate most solid state disks; --depth overrides */
    RANDOM_DEPTH = 32,
    SEQUENTIAL_DEPTH = 8,
    /* of all buffers: they are touched before the first read */
    MEMORY_MAX = 1024 * 1024 * 1024,
    MEMORY_PART = 2, /* and at most half of what the process may use */
    PERCENT_MAX = 100,
    FSYNC_MAX = 1000000000,
};

/* In the order of enum load_pattern. */
static const char *const pattern_choices[] = {"sequential", "random", NULL};

static uint64_t time_option(const char *argument)
{
    /* strtod takes signs, hexadecimal digits and words, too */
    bool decimal = argument[strspn(argument, "0123456789.")] == 0;
    char *end;
    double seconds = strtod(argument, &end);

    if (!decimal || *end != 0 || seconds < 1e-3 || seconds > 1e6)
        cli_fatal(
            0,
            "invalid --time argument %s: expected seconds from 0.001 to 1000000, such as 10 or 0.5",
            cli_quote_word(argument));
    return (uint64_t)(seconds * 1e9 + 0.5);
}

bool blocks_option(struct blocks_request *request, int option, const char *argument)
{
    switch (option) {
    case OPT_PATTERN:
        request->pattern = (enum load_pattern)cli_match("--pattern", argument, pattern_choices,
                                                        NULL);
        break;
    case OPT_TIME:
        request->time_ns = time_option(argument);
        break;
    case OPT_BYTES:
        request->bytes = cli_size_option("--bytes", argument, "a size above 0, such as 64M");
        break;
    case OPT_JSON:
        request->json = true;
        break;
    case OPT_WRITE:
        request->write_percent = cli_count_option("--write", argument, PERCENT_MAX);
        break;
    case OPT_FSYNC:
        request->fsync_every = cli_count_option("--fsync", argument, FSYNC_MAX);
        break;
    default:
        return false;
    }
    request->wanted = true;
    return true;
}

/* A run over one file, and its result. */
struct report {
    const char *name;
    struct load load;
    const struct load_result *result;
    const struct engine *engine;
    const char *why;
    unsigned jobs;
    double seconds;
};

static double rate(const struct report *report, uint64_t count)
{
    return report->seconds > 0 ? (double)count / report->seconds : 0;
}

static double in_flight_mean(const struct report *report)
{
    uint64_t sum = 0;

    for (unsigned i = 0; i < LOAD_KINDS; i++)
        sum += report->result->latency[i].sum;
    /* all the time that requests took is the time of one if one was in flight at a time */
    return rate(report, sum) / 1e9;
}

/* As the report calls them, and as JSON begins their keys. */
static const char *const kind_names[] = {
    [LOAD_READ] = "reads", [LOAD_WRITE] = "writes", [LOAD_FSYNC] = "fsyncs"};
static const char *const kind_keys[] = {
    [LOAD_READ] = "", [LOAD_WRITE] = "write_", [LOAD_FSYNC] = "fsync_"};

static uint64_t bytes_of(const struct report *report, enum load_kind kind)
{
    const struct stats *stats = &report->result->stats;

    return kind == LOAD_READ ? stats->bytes_read : kind == LOAD_WRITE ? stats->bytes_written : 0;
}

static void print_kind(const struct report *report, enum load_kind kind)
{
    const struct histogram *latency = &report->result->latency[kind];
    uint64_t bytes = bytes_of(report, kind);

    printf("  rate      %.0f IOPS, %.1f MB/s: %" PRIu64 " %.*s, %" PRIu64 " bytes in %.3f s\n",
           rate(report, latency->count), rate(report, bytes) / 1e6, latency->count,
           (int)strlen(kind_names[kind]) - (latency->count == 1), /* without the s */
           kind_names[kind], bytes, report->seconds);
    printf("  latency   mean %.1f us, min %.1f, max %.1f\n",
           latency->count ? (double)latency->sum / (double)latency->count / 1e3 : 0,
           (double)latency->min / 1e3, (double)latency->max / 1e3);
    printf("           ");
    for (unsigned i = 0; i < CLI_PERCENTILES; i++)
        printf(" %s %.1f us%s", cli_percent_names[i],
               (double)histogram_percentile(latency, cli_percents[i]) / 1e3,
               i + 1 < CLI_PERCENTILES ? "," : "\n");
}

static void print_text(const struct report *report)
{
    const struct load *load = &report->load;

    printf("%s\n", report->name);
    printf("  of        %s, %" PRIu64 " bytes, ",
           load->block_device ? "a block device" : "a regular file", load->size);
    if (load->resident_status == 0)
        printf("of which %" PRIu64 " were in the page cache\n", load->resident_bytes);
    else
        printf("of which the kernel does not tell how many were in the page cache\n");
    printf("  %s %s, of %zu bytes, %s the page cache\n",
           load->opts.write_percent > 0 ? "blocks   " : "reads    ",
           pattern_choices[load->opts.pattern], load->opts.block_bytes,
           load->direct ? "past" : "through");
    printf("  in flight %u in each of %u %s, mean %.1f; engine %s%s%s%s\n", load->opts.depth,
           report->result->stats.workers, report->result->stats.workers == 1 ? "worker" : "workers",
           in_flight_mean(report), report->engine->name, report->why ? " (not uring: " : "",
           report->why ? report->why : "", report->why ? ")" : "");
    for (unsigned i = 0; i < LOAD_KINDS; i++)
        if (report->result->latency[i].count > 0)
            print_kind(report, i);
}

/* Returns a key that begins with that of the kind, in static memory. */
static const char *key_of(enum load_kind kind, const char *name)
{
    static char key[32];

    snprintf(key, sizeof(key), "%s%s", kind_keys[kind], name);
    return key;
}

static void put_latency(struct json_writer *json, enum load_kind kind,
                        const struct histogram *latency)
{
    if (latency->count == 0) {
        json_put_null(json, key_of(kind, "latency_ns"));
    } else {
        json_put_object(json, key_of(kind, "latency_ns"));
        json_put_count(json, "min", latency->min);
        json_put_real(json, "mean", (double)latency->sum / (double)latency->count);
        cli_put_percentiles(json, latency);
        json_put_count(json, "max", latency->max);
        json_end(json);
    }
    cli_put_histogram(json, key_of(kind, "latency_histogram"), latency);
}

static void put_rates(struct json_writer *json, const struct report *report)
{
    const struct load_result *result = report->result;
    const struct stats *stats = &result->stats;

    json_put_count(json, "reads", result->latency[LOAD_READ].count);
    json_put_count(json, "bytes", stats->bytes_read);
    json_put_real(json, "reads_per_second", rate(report, result->latency[LOAD_READ].count));
    json_put_real(json, "bytes_per_second", rate(report, stats->bytes_read));
    json_put_count(json, "writes", result->latency[LOAD_WRITE].count);
    json_put_count(json, "written_bytes", stats->bytes_written);
    json_put_real(json, "writes_per_second", rate(report, result->latency[LOAD_WRITE].count));
    json_put_real(json, "written_bytes_per_second", rate(report, stats->bytes_written));
    json_put_count(json, "fsyncs", result->latency[LOAD_FSYNC].count);
}

static void print_json(const struct report *report)
{
    const struct load *load = &report->load;
    const struct stats *stats = &report->result->stats;
    struct json_writer json;

    json_begin(&json, stdout, JSON_LINE, "load");
    json_put_program(&json, "acat");
    json_put_name(&json, "name", report->name);
    json_put_text(&json, "kind", load->block_device ? "block device" : "regular file");
    json_put_count(&json, "size_bytes", load->size);
    if (load->resident_status == 0)
        json_put_count(&json, "resident_bytes", load->resident_bytes);
    else
        json_put_null(&json, "resident_bytes");
    json_put_text(&json, "engine", report->engine->name);
    json_put_text(&json, "fallback_reason", report->why);
    json_put_text(&json, "pattern", pattern_choices[load->opts.pattern]);
    json_put_count(&json, "write_percent", load->opts.write_percent);
    json_put_count(&json, "fsync_every", load->opts.fsync_every);
    json_put_count(&json, "block_bytes", load->opts.block_bytes);
    json_put_bool(&json, "direct", load->direct);
    json_put_count(&json, "depth", load->opts.depth);
    json_put_count(&json, "jobs", stats->workers);
    json_put_real(&json, "in_flight_mean", in_flight_mean(report));
    json_put_real(&json, "seconds", report->seconds);
    put_rates(&json, report);
    for (unsigned i = 0; i < LOAD_KINDS; i++)
        put_latency(&json, i, &report->result->latency[i]);
    json_put_real(&json, "user_seconds", (double)stats->user_ns / 1e9);
    json_put_real(&json, "system_seconds", (double)stats->system_ns / 1e9);
    json_finish(&json);
}

static void open_failed(const char *name, const struct load_opts *opts, int status)
{
    const char *quoted = cli_quote_maybe(name);

    if (status == -ESPIPE)
        cli_message(0, "%s: neither a regular file nor a block device", quoted);
    else if (status == -ENODATA)
        cli_message(0, "%s: shorter than a block of %zu bytes", quoted, opts->block_bytes);
    else if (status == -EINVAL)
        cli_message(0, "%s: cannot be read past the page cache in blocks of %zu bytes", quoted,
                    opts->block_bytes);
    else if (status == -EBADF)
        cli_message(0,
                    "%s: not open for reading and writing: use '- <>FILE', which overwrites FILE",
                    quoted);
    else
        cli_message(-status, "%s", quoted);
}

/* Returns 0; 1 if it failed and this was reported; or -errno if no ring can be set up. */
static int run_file(struct report *report, const struct blocks_request *request,
                    const struct load_opts *opts, struct stats *sum)
{
    static struct load_result result; /* too large for the stack */
    int rc = opts->write_percent > 0 ? load_take(&report->load, STDIN_FILENO, opts)
                                     : load_open(&report->load, report->name, opts);

    if (rc < 0) {
        open_failed(report->name, opts, rc);
        return 1;
    }
    rc = load_run(&report->load, report->engine, report->jobs, &result);
    load_close(&report->load);
    if (rc < 0 && result.stats.fell_back_status < 0)
        return rc;
    stats_add(sum, &result.stats);
    sum->workers = result.stats.workers;
    sum->files++;
    if (rc == -ENODATA)
        cli_message(0, "%s: became shorter while it was read", cli_quote_maybe(report->name));
    else if (rc < 0)
        cli_message(-rc, "%s", cli_quote_maybe(report->name));
    if (rc < 0)
        return 1;
    report->result = &result;
    report->seconds = (double)(result.last_ns - result.first_ns) / 1e9;
    if (request->json)
        print_json(report);
    else
        print_text(report);
    return 0;
}

/* Returns the parameters of the reads. Exits if the options contradict each other. */
static struct load_opts job(const struct blocks_request *request, const struct cli_common *common,
                            const struct engine *engine, unsigned jobs)
{
    bool at_random = request->pattern == LOAD_RANDOM, blocking = engine == &engine_sync;
    uint64_t allowed = limits_memory() / MEMORY_PART;
    uint64_t memory = allowed < MEMORY_MAX ? allowed : MEMORY_MAX, most;
    struct load_opts opts = {.pattern = request->pattern,
                             .block_bytes = common->opts.block_bytes,
                             .depth = common->opts.depth,
                             .write_percent = request->write_percent,
                             .fsync_every = request->fsync_every,
                             .bytes = request->bytes,
                             .time_ns = request->time_ns,
                             .direct = common->opts.direct};

    if (opts.block_bytes == 0)
        opts.block_bytes = at_random ? RANDOM_BLOCK_BYTES : SEQUENTIAL_BLOCK_BYTES;
    most = memory / jobs / opts.block_bytes;
    if (opts.depth == 0) {
        opts.depth = blocking ? 1 : at_random ? RANDOM_DEPTH : SEQUENTIAL_DEPTH;
        if (opts.depth > most && most > 0)
            opts.depth = (unsigned)most;
    }
    if (opts.depth > 1 && blocking)
        cli_fatal(0, "--depth=%u cannot be combined with engine 'sync': use --jobs=%u", opts.depth,
                  opts.depth);
    if (opts.depth > most)
        cli_fatal(0,
                  "more than %" PRIu64
                  " MiB in flight: choose a smaller --block-size, --depth or --jobs",
                  memory >> 20);
    return opts;
}

bool blocks_run(const struct blocks_request *request, const struct cli_common *common,
                const struct engine *engine, const char *why, unsigned jobs,
                struct operands *operands)
{
    struct load_opts opts = job(request, common, engine, jobs = limits_workers(jobs));
    struct stats sum = {0};
    uint64_t start_ns = stats_now_ns();
    bool well = true;

    for (operands_next(operands); operands->kind != OPERAND_END; operands_next(operands)) {
        struct report report = {.name = operands->name, .engine = engine, .why = why, .jobs = jobs};
        int failed = 1;
        bool writes = opts.write_percent > 0;
        if (operands->kind == (writes ? OPERAND_STDIN : OPERAND_FILE)) {
            report.name = writes ? "-" : operands->name;
            failed = run_file(&report, request, &opts, &sum);
            if (failed < 0 && common->opts.fallback) {
                report.engine = engine = common->opts.fallback;
                report.why = why = cli_fell_back(failed);
                opts = job(request, common, engine, jobs);
                failed = run_file(&report, request, &opts, &sum);
            }
            if (failed < 0)
                (void)cli_run_failed(engine, failed, 0);
        } else if (operands->kind == OPERAND_FILE) {
            cli_message(0, "%s: --write overwrites no file by its name: use '- <>FILE'",
                        cli_quote_maybe(operands->name));
        } else if (operands->kind == OPERAND_STDIN) {
            cli_message(0, "-: standard input cannot be read in blocks: name the file");
        } else {
            operands_report(operands);
        }
        sum.failed += failed != 0;
        well &= failed == 0;
    }
    operands_close(operands);
    stats_finish(&sum);
    cli_print_stats(common, engine, why, &sum, (double)(stats_now_ns() - start_ns) / 1e9);
    cli_close_stdout();
    return well;
}
