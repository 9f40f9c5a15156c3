/* json.c: the report as JSON, with every sample. */
#define _GNU_SOURCE
#include "report.h"
#include "knee.h"
#include "summary.h"
#include "verdict.h"
#include "../../cli/messages.h"
#include "../../cli/quote.h"

#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

static const char *const check_names[] = {
    [CHECK_NONE] = "none",       [CHECK_SIZES] = "sizes",   [CHECK_CONTENT] = "content",
    [CHECK_DIFFERS] = "differs", [CHECK_FAILED] = "failed",
};

static void put(json_t *object, const char *key, json_t *value)
{
    json_object_set_new(object, key, value);
}

/* Names are bytes, and JSON is UTF-8: others are quoted as a shell would take them. */
static json_t *text(const char *bytes)
{
    json_t *value = json_string(bytes);

    return value ? value : json_string(cli_quote(bytes));
}

static json_t *real(double value)
{
    return isfinite(value) ? json_real(value) : json_null();
}

static json_t *integer(uint64_t value)
{
    return json_integer((json_int_t)value);
}

static json_t *sample_json(const struct bench_sample *s)
{
    json_t *object = json_object();

    put(object, "round", integer(s->round));
    put(object, "position", integer(s->position));
    put(object, "seconds", real(s->seconds));
    put(object, "sync_seconds", real(s->sync_seconds));
    put(object, "user_seconds", real(s->user_seconds));
    put(object, "system_seconds", real(s->system_seconds));
    put(object, "memory_peak_bytes", integer(s->memory_peak));
    put(object, "voluntary_switches", integer(s->switches));
    put(object, "device_read_bytes", integer(s->device_read));
    put(object, "device_write_bytes", integer(s->device_write));
    put(object, "resident", real(s->resident));
    put(object, "waiting_seconds", real(s->waiting_seconds));
    put(object, "in_flight_mean", real(s->in_flight_mean));
    put(object, "in_flight_peak", real(s->in_flight_peak));
    put(object, "device_busy", real(s->device_busy));
    put(object, "device_queue", real(s->device_queue));
    put(object, "reflinked_files", integer(s->reflinked));
    put(object, "wait_status", json_integer(s->wait_status));
    put(object, "timed_out", json_boolean(s->timed_out));
    put(object, "check", json_string(check_names[s->check]));
    return object;
}

static json_t *quantiles(double median, double q1, double q3, double min, double max)
{
    json_t *object = json_object();

    put(object, "median", real(median));
    put(object, "q1", real(q1));
    put(object, "q3", real(q3));
    put(object, "min", real(min));
    put(object, "max", real(max));
    return object;
}

static json_t *arm_json(const struct bench *bench, size_t index, enum bench_cache cache)
{
    const struct bench_arm *arm = &bench->arms[index];
    struct bench_summary sum = summary_of(bench, index, cache);
    json_t *object = json_object(), *samples = json_array(), *command = json_array();

    for (size_t i = 0; arm->argv && arm->argv[i]; i++)
        json_array_append_new(command, text(arm->argv[i]));
    if (arm->command)
        json_array_append_new(command, text(arm->command));
    for (size_t i = 0; i < arm->n_samples; i++) {
        if (arm->samples[i].cache == cache)
            json_array_append_new(samples, sample_json(&arm->samples[i]));
    }
    put(object, "name", text(arm->name));
    put(object, "builtin", json_boolean(arm->argv));
    put(object, "command", command);
    put(object, "runs", integer(sum.runs));
    put(object, "failed", integer(sum.failed));
    put(object, "seconds", quantiles(sum.median, sum.q1, sum.q3, sum.min, sum.max));
    put(object, "durable_seconds", real(sum.durable));
    put(object, "bytes_per_second", real(sum.mb_s * 1e6));
    put(object, bench->opts.pattern ? "blocks_per_second" : "files_per_second", real(sum.items_s));
    put(object, "pairs", integer(sum.pairs));
    put(object, "ratio",
        quantiles(sum.ratio, sum.ratio_q1, sum.ratio_q3, sum.ratio_min, sum.ratio_max));
    put(object, "ratio_low", real(sum.ratio_low));
    put(object, "ratio_high", real(sum.ratio_high));
    put(object, "detectable", json_boolean(summary_detectable(&sum)));
    put(object, "cpu_seconds", real(sum.cpu_seconds));
    put(object, "user_seconds", real(sum.user_seconds));
    put(object, "system_seconds", real(sum.system_seconds));
    put(object, "waiting_seconds", real(sum.waiting_seconds));
    put(object, "in_flight_mean", real(sum.in_flight_mean));
    put(object, "device_read_bytes", real(sum.device_read));
    put(object, "device_write_bytes", real(sum.device_write));
    put(object, "device_busy", real(sum.device_busy));
    put(object, "device_queue", real(sum.device_queue));
    put(object, "reflinked", json_boolean(sum.reflinked));
    put(object, "memory_peak_bytes", real(sum.memory_peak));
    put(object, "samples", samples);
    return object;
}

static json_t *prediction_json(const struct bench *bench, enum bench_cache cache)
{
    const struct bench_prediction *prediction = &bench->predictions[cache];
    json_t *object = json_object();

    if (!prediction->made) {
        json_decref(object);
        return json_null();
    }
    put(object, "baseline", text(bench->arms[prediction->base].name));
    put(object, "arm", text(bench->arms[prediction->arm].name));
    put(object, "gain", real(prediction->gain));
    put(object, "baseline_seconds", real(prediction->base_seconds));
    put(object, "arm_seconds", real(prediction->arm_seconds));
    put(object, "probe_files", integer(prediction->files));
    put(object, "probe_bytes", integer(prediction->bytes));
    put(object, "iowq_workers", integer(prediction->iowq));
    put(object, "error", real(verdict_prediction_error(bench, cache)));
    return object;
}

/* What people are told, in its words and as the figures behind them. */
static void put_meaning(json_t *object, const struct bench *bench, const struct machine *machine,
                        enum bench_cache cache)
{
    char *why = verdict_line(bench, machine, cache), *use = verdict_use_line(bench, machine, cache);
    int best, knee = knee_find(bench, cache, &best);
    struct verdict verdict;

    put(object, "bound",
        verdict_reach(bench, cache, &verdict) ? json_string(bottleneck_name(verdict.bottleneck))
                                              : json_null());
    put(object, "why", why ? text(why) : json_null());
    put(object, "knee", knee >= 0 ? text(bench->arms[knee].name) : json_null());
    put(object, "prediction", prediction_json(bench, cache));
    put(object, "use", use ? text(use) : json_null());
    free(why);
    free(use);
}

static json_t *state_json(const struct bench *bench, const struct machine *machine,
                          enum bench_cache cache)
{
    json_t *object = json_object(), *arms = json_array();

    for (size_t i = 0; i < bench->n_arms; i++)
        json_array_append_new(arms, arm_json(bench, i, cache));
    put(object, "cache", json_string(bench_cache_names[cache]));
    put(object, "drop_caches", json_boolean(cache == BENCH_COLD && bench->opts.drop_caches));
    put(object, "settle_seconds", json_integer(cache == BENCH_COLD ? bench->opts.settle : 0));
    put(object, "resident", real(summary_resident(bench, cache)));
    put(object, "rounds", integer(bench->rounds_done[cache]));
    put(object, "cut", json_boolean(bench->timed_out[cache]));
    put(object, "tight", json_boolean(bench->precise[cache]));
    put(object, "arms", arms);
    put_meaning(object, bench, machine, cache);
    return object;
}

static json_t *machine_json(const struct machine *machine)
{
    json_t *object = json_object();

    put(object, "processors", integer(machine->processors));
    put(object, "memory_bytes", integer(machine->memory_total));
    put(object, "memory_available_bytes", integer(machine->memory_available));
    put(object, "load", real(machine->load));
    put(object, "kernel", json_string(machine->kernel));
    put(object, "filesystem", text(machine->filesystem));
    put(object, "device", text(machine->device));
    return object;
}

static json_t *data_json(const struct bench_data *data)
{
    json_t *object = json_object(), *paths = json_array();

    for (size_t i = 0; i < data->n_paths; i++)
        json_array_append_new(paths, text(data->paths[i]));
    put(object, "paths", paths);
    put(object, "files", integer(data->files));
    put(object, "others", integer(data->others));
    put(object, "bytes", integer(data->bytes));
    put(object, "prepare_seconds", real(data->prepare_seconds));
    return object;
}

int report_json(FILE *out, const struct bench *bench, const struct machine *machine)
{
    json_t *root = json_object(), *states = json_array(), *warnings = json_array();
    int rc;

    if (bench->opts.cold)
        json_array_append_new(states, state_json(bench, machine, BENCH_COLD));
    if (bench->opts.warm)
        json_array_append_new(states, state_json(bench, machine, BENCH_WARM));
    for (size_t i = 0; i < bench->n_warnings; i++)
        json_array_append_new(warnings, text(bench->warnings[i]));
    put(root, "program", json_string("abench"));
    put(root, "version", json_string(AIOUTILS_VERSION));
    put(root, "operation", json_string(bench_operation_names[bench->opts.operation]));
    put(root, "machine", machine_json(machine));
    put(root, "data", data_json(&bench->data));
    put(root, "pattern", bench->opts.pattern ? json_string(bench->opts.pattern) : json_null());
    put(root, "pattern_bytes", integer(bench->opts.pattern_bytes));
    put(root, "pattern_block_bytes", integer(bench->opts.pattern_block));
    put(root, "seed", integer(bench->opts.seed));
    put(root, "precision", real(bench->opts.precision));
    put(root, "time_seconds", real(bench->opts.budget));
    put(root, "durable", json_boolean(bench->opts.durable));
    put(root, "baseline", text(bench->arms[bench->baseline].name));
    put(root, "equal", json_boolean(!bench->failed));
    put(root, "states", states);
    put(root, "warnings", warnings);
    rc = json_dumpf(root, out, JSON_INDENT(1) | JSON_REAL_PRECISION(9));
    json_decref(root);
    return rc == 0 && putc('\n', out) != EOF ? 0 : -1;
}
