/* json.c: the report as JSON, with every sample. aioutils-json(5) describes it. */
#define _GNU_SOURCE
#include "report.h"
#include "answer.h"
#include "knee.h"
#include "summary.h"
#include "verdict.h"
#include "../../cli/json.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

/* Adds a figure that only some reports have; others get null. */
static void put_count_if(struct json_writer *json, const char *key, bool known, uint64_t value)
{
    if (known)
        json_put_count(json, key, value);
    else
        json_put_null(json, key);
}

static void put_sample(struct json_writer *json, const struct bench *bench,
                       const struct bench_sample *s)
{
    bool copy = bench->opts.operation == BENCH_COPY;

    json_put_object(json, NULL);
    json_put_count(json, "round", s->round);
    json_put_count(json, "position", s->position);
    json_put_real(json, "seconds", s->seconds);
    json_put_real(json, "sync_seconds", copy ? s->sync_seconds : NAN);
    json_put_real(json, "user_seconds", s->user_seconds);
    json_put_real(json, "system_seconds", s->system_seconds);
    json_put_count(json, "memory_peak_bytes", s->memory_peak);
    json_put_count(json, "voluntary_switches", s->switches);
    json_put_count(json, "device_read_bytes", s->device_read);
    json_put_count(json, "device_written_bytes", s->device_write);
    json_put_real(json, "resident_share", s->resident);
    json_put_real(json, "waiting_seconds", s->waiting_seconds);
    json_put_real(json, "runqueue_seconds", s->runqueue_seconds);
    json_put_real(json, "others_cpu_share",
                  s->processors_seconds > 0 ? fmin(s->others_seconds / s->processors_seconds, 1)
                                            : NAN);
    json_put_real(json, "in_flight_mean", s->in_flight_mean);
    json_put_real(json, "in_flight_peak", s->in_flight_peak);
    json_put_real(json, "device_busy_share", s->device_busy);
    json_put_real(json, "device_in_flight_mean", s->device_queue);
    json_put_real(json, "device_limit_used", s->device_limit);
    put_count_if(json, "reflinked_files", copy, s->reflinked);
    put_count_if(json, "exit_status", WIFEXITED(s->wait_status),
                 (uint64_t)WEXITSTATUS(s->wait_status));
    put_count_if(json, "signal", WIFSIGNALED(s->wait_status), (uint64_t)WTERMSIG(s->wait_status));
    json_put_bool(json, "timed_out", s->timed_out);
    json_put_text(json, "check", bench_check_names[s->check]);
    json_end(json);
}

static void put_quantiles(struct json_writer *json, const char *key, double median, double q1,
                          double q3, double min, double max)
{
    json_put_object(json, key);
    json_put_real(json, "median", median);
    json_put_real(json, "q1", q1);
    json_put_real(json, "q3", q3);
    json_put_real(json, "min", min);
    json_put_real(json, "max", max);
    json_end(json);
}

static void put_command(struct json_writer *json, const struct bench_arm *arm)
{
    char *words[] = {arm->command};
    size_t n = 0;

    while (arm->argv && arm->argv[n])
        n++;
    json_put_bool(json, "built_in", arm->argv);
    json_put_names(json, "command", arm->argv ? arm->argv : words, arm->argv ? n : 1);
}

/* Adds the values of -L that the arm has. */
static void put_parameters(struct json_writer *json, const struct bench_options *opts,
                           const size_t *choice)
{
    json_put_array(json, "parameters");
    for (size_t i = 0; choice && i < opts->n_parameters; i++) {
        if (choice[i] == 0)
            continue;
        json_put_object(json, NULL);
        json_put_name(json, "name", opts->parameters[i].name);
        json_put_name(json, "value", opts->parameters[i].values[choice[i] - 1]);
        json_end(json);
    }
    json_end(json);
}

static void put_latency(struct json_writer *json, const struct bench_latency *latency)
{
    static const char *const keys[][2] = {
        [LOAD_READ] = {"latency_ns", "latency_histogram"},
        [LOAD_WRITE] = {"write_latency_ns", "write_latency_histogram"},
        [LOAD_FSYNC] = {"fsync_latency_ns", "fsync_latency_histogram"}};

    for (unsigned i = 0; i < LOAD_KINDS; i++) {
        const struct histogram *of = latency ? &latency->of[i] : NULL;
        if (of && of->count > 0) {
            json_put_object(json, keys[i][0]);
            cli_put_percentiles(json, of);
            json_end(json);
        } else {
            json_put_null(json, keys[i][0]);
        }
        cli_put_histogram(json, keys[i][1], of);
    }
}

static void put_summary(struct json_writer *json, const struct bench *bench,
                        const struct bench_summary *sum)
{
    bool copy = bench->opts.operation == BENCH_COPY;

    json_put_count(json, "runs", sum->runs);
    json_put_count(json, "failed_runs", sum->failed);
    put_quantiles(json, "seconds", sum->median, sum->q1, sum->q3, sum->min, sum->max);
    json_put_real(json, "durable_seconds", copy ? sum->durable : NAN);
    json_put_real(json, "bytes_per_second", sum->mb_s * 1e6);
    json_put_real(json, "files_per_second", bench->opts.pattern ? NAN : sum->items_s);
    json_put_real(json, "reads_per_second",
                  bench->opts.write_percent > 0 ? sum->kinds[LOAD_READ].items_s
                  : bench->opts.pattern         ? sum->items_s
                                                : NAN);
    json_put_real(json, "writes_per_second", sum->kinds[LOAD_WRITE].items_s);
    json_put_real(json, "fsyncs_per_second", sum->kinds[LOAD_FSYNC].items_s);
    json_put_count(json, "pairs", sum->pairs);
    put_quantiles(json, "ratio", sum->ratio, sum->ratio_q1, sum->ratio_q3, sum->ratio_min,
                  sum->ratio_max);
    json_put_real(json, "ratio_low", sum->ratio_low);
    json_put_real(json, "ratio_high", sum->ratio_high);
    json_put_bool(json, "detectable", summary_detectable(sum));
    json_put_real(json, "cpu_seconds", sum->cpu_seconds);
    json_put_real(json, "user_seconds", sum->user_seconds);
    json_put_real(json, "system_seconds", sum->system_seconds);
    json_put_real(json, "waiting_seconds", sum->waiting_seconds);
    json_put_real(json, "runqueue_seconds", sum->runqueue_seconds);
    json_put_real(json, "in_flight_mean", sum->in_flight_mean);
    json_put_real(json, "device_read_bytes", sum->device_read);
    json_put_real(json, "device_written_bytes", sum->device_write);
    json_put_real(json, "device_busy_share", sum->device_busy);
    json_put_real(json, "device_in_flight_mean", sum->device_queue);
    json_put_real(json, "device_limit_used", sum->device_limit);
    json_put_bool(json, "reflinked", sum->reflinked);
    json_put_real(json, "memory_peak_bytes", sum->memory_peak);
}

static void put_arm(struct json_writer *json, const struct bench *bench, size_t index,
                    enum bench_cache cache)
{
    const struct bench_arm *arm = &bench->arms[index];
    struct bench_summary sum = summary_of(bench, index, cache);
    struct bench_whole whole = summary_whole(bench, index, cache);

    json_put_object(json, NULL);
    json_put_name(json, "name", arm->name);
    put_command(json, arm);
    put_parameters(json, &bench->opts, arm->choice);
    put_summary(json, bench, &sum);
    put_latency(json, arm->latency[cache]);
    json_put_real(json, "whole_seconds", whole.seconds);
    json_put_real(json, "whole_seconds_low", whole.low);
    json_put_real(json, "whole_seconds_high", whole.high);
    json_put_array(json, "samples");
    for (size_t i = 0; i < arm->n_samples; i++) {
        if (arm->samples[i].cache == cache)
            put_sample(json, bench, &arm->samples[i]);
    }
    json_end(json);
    json_end(json);
}

static void put_prediction(struct json_writer *json, const struct bench *bench,
                           enum bench_cache cache)
{
    const struct bench_prediction *prediction = &bench->predictions[cache];

    json_put_text(json, "prediction_why_not", prediction->why_not);
    if (!prediction->made || prediction->why_not) {
        json_put_null(json, "prediction");
        return;
    }
    json_put_object(json, "prediction");
    json_put_name(json, "baseline", bench->arms[prediction->base].name);
    json_put_name(json, "arm", bench->arms[prediction->arm].name);
    json_put_real(json, "ratio", prediction->gain);
    json_put_real(json, "baseline_seconds", prediction->base_seconds);
    json_put_real(json, "arm_seconds", prediction->arm_seconds);
    put_count_if(json, "probe_files", prediction->files > 0, prediction->files);
    put_count_if(json, "probe_bytes", prediction->bytes > 0, prediction->bytes);
    json_put_real(json, "iowq_workers", prediction->iowq);
    json_put_real(json, "relative_error", verdict_prediction_error(bench, cache));
    json_end(json);
}

static void put_knees(struct json_writer *json, const struct bench *bench, enum bench_cache cache)
{
    char *names[SWEEP_VALUES_MAX];
    size_t n = 0;

    for (size_t group = 0; group < knee_groups(bench); group++) {
        int best, knee = knee_find(bench, cache, group, &best);
        if (knee >= 0)
            names[n++] = bench->arms[knee].name;
    }
    json_put_names(json, "knees", names, n);
}

/* Adds the verdict: in the words of the table, and as the figures behind them. */
static void put_verdict(struct json_writer *json, const struct bench *bench,
                        const struct machine *machine, enum bench_cache cache)
{
    static const char *const bottlenecks[] = {
        [BOTTLENECK_UNKNOWN] = NULL,    [BOTTLENECK_LATENCY] = "latency",
        [BOTTLENECK_DEVICE] = "device", [BOTTLENECK_CACHE] = "cache",
        [BOTTLENECK_CPU] = "cpu",
    };
    char *text = verdict_line(bench, machine, cache);
    struct answer answer = answer_find(bench, cache);
    char *line = answer_line(bench, &answer, cache);
    char *recommendation = answer_use_line(bench, &answer, cache);
    struct bench_disturbance disturbance = summary_disturbance(bench, cache);
    int best, knee = knee_find(bench, cache, 0, &best);
    struct verdict verdict;

    json_put_text(json, "answer", answer_word(answer.kind));
    for (char *at = line; at && *at; at++)
        *at = *at == '\n' ? ' ' : *at;
    json_put_text(json, "answer_text", line);
    json_put_real(json, "others_cpu_share", disturbance.others);
    json_put_real(json, "stolen_cpu_share", disturbance.stolen);
    verdict_reach(bench, cache, &verdict);
    json_put_text(json, "bottleneck", bottlenecks[verdict.bottleneck]);
    json_put_text(json, "bottleneck_text", text);
    if (knee >= 0)
        json_put_name(json, "knee", bench->arms[knee].name);
    else
        json_put_null(json, "knee");
    put_knees(json, bench, cache);
    put_prediction(json, bench, cache);
    json_put_text(json, "recommendation", recommendation);
    free(line);
    free(text);
    free(recommendation);
}

static void put_state(struct json_writer *json, const struct bench *bench,
                      const struct machine *machine, enum bench_cache cache)
{
    bool cold = cache == BENCH_COLD;

    json_put_object(json, NULL);
    json_put_text(json, "cache", bench_cache_names[cache]);
    json_put_bool(json, "drop_caches", cold && bench->opts.drop_caches);
    put_count_if(json, "settle_seconds", cold, bench->opts.settle);
    json_put_real(json, "resident_share", summary_resident(bench, cache));
    json_put_count(json, "rounds", bench->rounds_done[cache]);
    json_put_bool(json, "timed_out", bench->timed_out[cache]);
    json_put_bool(json, "precise", bench->precise[cache]);
    json_put_array(json, "arms");
    for (size_t i = 0; i < bench->n_arms; i++)
        put_arm(json, bench, i, cache);
    json_end(json);
    put_verdict(json, bench, machine, cache);
    json_end(json);
}

/* Adds a name, or null for what machine_read could not find out. */
static void put_known_name(struct json_writer *json, const char *key, const char *name)
{
    if (strcmp(name, MACHINE_UNKNOWN) == 0)
        json_put_null(json, key);
    else
        json_put_name(json, key, name);
}

static void put_machine(struct json_writer *json, const struct machine *machine)
{
    json_put_object(json, "machine");
    json_put_count(json, "processors", machine->processors);
    put_count_if(json, "memory_bytes", machine->memory_total > 0, machine->memory_total);
    put_count_if(json, "memory_available_bytes", machine->memory_total > 0,
                 machine->memory_available);
    json_put_real(json, "load_average", machine->load);
    put_known_name(json, "kernel", machine->kernel);
    put_known_name(json, "filesystem", machine->filesystem);
    put_known_name(json, "device", machine->device);
    json_end(json);
}

static void put_data(struct json_writer *json, const struct bench_data *data)
{
    json_put_object(json, "data");
    json_put_names(json, "paths", data->paths, data->n_paths);
    json_put_count(json, "files", data->files);
    json_put_count(json, "nonregular_files", data->others);
    json_put_count(json, "bytes", data->bytes);
    json_put_count(json, "unreadable_files", data->unreadable);
    json_put_count(json, "changed_files", data->changed);
    put_count_if(json, "whole_files", data->whole_files > 0, data->whole_files);
    put_count_if(json, "whole_bytes", data->whole_files > 0, data->whole_bytes);
    json_put_real(json, "prepare_seconds", data->prepare_seconds);
    json_end(json);
}

static void put_options(struct json_writer *json, const struct bench *bench)
{
    const struct bench_options *opts = &bench->opts;

    json_put_text(json, "pattern", opts->pattern);
    put_count_if(json, "pattern_bytes", opts->pattern, opts->pattern_bytes);
    put_count_if(json, "pattern_block_bytes", opts->pattern, opts->pattern_block);
    put_count_if(json, "write_percent", opts->pattern, opts->write_percent);
    put_count_if(json, "fsync_every", opts->pattern, opts->fsync_every);
    json_put_count(json, "seed", opts->seed);
    json_put_real(json, "precision", opts->precision);
    json_put_real(json, "time_limit_seconds", opts->budget);
    json_put_bool(json, "durable", opts->durable);
    json_put_name(json, "baseline", bench->arms[bench->baseline].name);
}

int report_json(FILE *out, const struct bench *bench, const struct machine *machine)
{
    struct json_writer json;

    json_begin(&json, out, JSON_INDENTED, "bench");
    json_put_program(&json, "abench");
    json_put_text(&json, "operation", bench_operation_names[bench->opts.operation]);
    put_machine(&json, machine);
    put_data(&json, &bench->data);
    put_options(&json, bench);
    json_put_bool(&json, "equal_work", !bench->failed);
    json_put_bool(&json, "interrupted", bench->interrupted);
    json_put_array(&json, "states");
    if (bench->opts.cold)
        put_state(&json, bench, machine, BENCH_COLD);
    if (bench->opts.warm)
        put_state(&json, bench, machine, BENCH_WARM);
    json_end(&json);
    json_put_array(&json, "warnings");
    for (size_t i = 0; i < bench->n_warnings; i++)
        json_put_text(&json, NULL, bench->warnings[i]);
    json_end(&json);
    return json_finish(&json);
}
