/* summary.c: the figures of an arm: medians of its samples, and ratios within rounds. */
#define _GNU_SOURCE
#include "summary.h"
#include "../measure/arm.h"
#include "../stat.h"

#include <assert.h>
#include <math.h>

/* Smaller differences do not matter for the choice of a command, even if they are certain. */
static const double ratio_matters = 0.03;
/* Parts of the processors' time above which waiting for the device cannot be told from waiting for
 * a processor, and a ratio not from the luck of an arm. */
static const double others_much = 0.25, stolen_much = 0.1;

bool summary_sample_good(const struct bench_sample *sample, enum bench_cache cache)
{
    return sample->cache == cache && sample->check != CHECK_DIFFERS &&
           sample->check != CHECK_FAILED;
}

/* Returns the median of one figure over the good samples that have it. */
static double median_of(const struct bench_arm *arm, enum bench_cache cache,
                        double (*figure)(const struct bench_sample *), double *scratch)
{
    size_t n = 0;

    for (size_t i = 0; i < arm->n_samples; i++) {
        if (!summary_sample_good(&arm->samples[i], cache))
            continue;
        double value = figure(&arm->samples[i]);
        if (!isnan(value))
            scratch[n++] = value;
    }
    return stat_quantile(scratch, n, 0.5);
}

#define FIGURE(name, expression)                              \
    static double figure_##name(const struct bench_sample *s) \
    {                                                         \
        return expression;                                    \
    }
FIGURE(seconds, s->seconds)
FIGURE(cpu, s->user_seconds + s->system_seconds)
FIGURE(user, s->user_seconds)
FIGURE(system, s->system_seconds)
FIGURE(memory, (double)s->memory_peak)
FIGURE(switches, (double)s->switches)
FIGURE(device_read, (double)s->device_read)
FIGURE(device_write, (double)s->device_write)
FIGURE(waiting, s->waiting_seconds)
FIGURE(runqueue, s->runqueue_seconds)
FIGURE(in_flight_mean, s->in_flight_mean)
FIGURE(in_flight_peak, s->in_flight_peak)
FIGURE(workers, s->workers)
FIGURE(device_busy, s->device_busy)
FIGURE(device_queue, s->device_queue)
FIGURE(device_limit, s->device_limit)
#undef FIGURE

size_t summary_ratios(const struct bench_arm *base, const struct bench_arm *arm,
                      enum bench_cache cache, double *values)
{
    size_t n = 0;

    for (size_t i = 0; i < arm->n_samples; i++) {
        const struct bench_sample *sample = &arm->samples[i];
        if (!summary_sample_good(sample, cache))
            continue;
        for (size_t j = 0; j < base->n_samples; j++) {
            const struct bench_sample *other = &base->samples[j];
            if (other->round != sample->round || !summary_sample_good(other, cache))
                continue;
            assert(n < BENCH_ROUNDS_MAX); /* an arm runs once in a round */
            values[n++] = other->seconds / sample->seconds;
        }
    }
    return n;
}

/* Fills in the parts of the time. */
static void split(struct bench_summary *sum)
{
    double queued = isnan(sum->runqueue_seconds) ? 0 : sum->runqueue_seconds;
    double waiting = isnan(sum->waiting_seconds) ? fmax(sum->median - sum->cpu_seconds - queued, 0)
                                                 : sum->waiting_seconds;
    double all = sum->cpu_seconds + waiting + queued;

    sum->computing_share = all > 0 ? sum->cpu_seconds / all : 1;
    sum->waiting_share = all > 0 ? waiting / all : 0;
    sum->queued_share = all > 0 ? queued / all : 0;
}

/* Fills in the rates and latencies of reads, writes and fsyncs, and the latencies of the chief
 * ones: of reads, if there are any. */
static void take_kinds(const struct bench_latency *latency, struct bench_summary *sum)
{
    uint64_t blocks = latency ? latency->of[LOAD_READ].count + latency->of[LOAD_WRITE].count : 0;

    for (unsigned i = 0; i < LOAD_KINDS; i++) {
        struct bench_kind *kind = &sum->kinds[i];
        const struct histogram *of = latency ? &latency->of[i] : NULL;
        bool known = of && of->count > 0 && blocks > 0;
        kind->items_s = known ? sum->items_s * (double)of->count / (double)blocks : NAN;
        for (unsigned j = 0; j < CLI_PERCENTILES; j++)
            kind->latency_ns[j] = known ? (double)histogram_percentile(of, cli_percents[j]) : NAN;
    }
    for (unsigned j = 0; j < CLI_PERCENTILES; j++) {
        double of_reads = sum->kinds[LOAD_READ].latency_ns[j];
        sum->latency_ns[j] = isnan(of_reads) ? sum->kinds[LOAD_WRITE].latency_ns[j] : of_reads;
    }
}

/* Returns true if ratio, by which an arm is faster within a round, matters and the medians of the
 * seconds, which the reports show, do not favour the same arm. Both are right if the speed of the
 * machine changes, and neither may be claimed. */
static bool contradicts(double ratio, double other_median, double arm_median)
{
    return (ratio >= 1 + ratio_matters && arm_median >= other_median) ||
           (ratio <= 1 - ratio_matters && arm_median <= other_median);
}

struct bench_summary summary_of(const struct bench *bench, size_t index, enum bench_cache cache)
{
    const struct bench_arm *arm = &bench->arms[index];
    struct bench_summary sum = {0};
    double seconds[BENCH_ROUNDS_MAX], other[BENCH_ROUNDS_MAX];
    size_t n = 0;

    for (size_t i = 0; i < arm->n_samples; i++) {
        const struct bench_sample *sample = &arm->samples[i];
        if (!summary_sample_good(sample, cache)) {
            sum.failed += sample->cache == cache;
            sum.stopped |= sample->cache == cache && sample->timed_out;
            sum.differs |= sample->cache == cache && sample->check == CHECK_DIFFERS;
            continue;
        }
        sum.unchecked |= sample->check == CHECK_NONE;
        sum.reflinked |= sample->reflinked > 0;
        assert(n < BENCH_ROUNDS_MAX);
        seconds[n] = sample->seconds;
        other[n++] = sample->seconds + (bench->opts.durable ? 0 : sample->sync_seconds);
    }
    sum.runs = n;
    sum.median = stat_quantile(seconds, n, 0.5);
    sum.q1 = stat_quantile(seconds, n, 0.25);
    sum.q3 = stat_quantile(seconds, n, 0.75);
    sum.min = stat_quantile(seconds, n, 0);
    sum.max = stat_quantile(seconds, n, 1);
    sum.durable = stat_quantile(other, n, 0.5);
    sum.mb_s = bench_bytes(bench) / sum.median / 1e6;
    sum.items_s = bench_items(bench, arm) / sum.median;

    sum.pairs = n = summary_ratios(&bench->arms[bench->baseline], arm, cache, other);
    sum.ratio = stat_quantile(other, n, 0.5);
    sum.ratio_q1 = stat_quantile(other, n, 0.25);
    sum.ratio_q3 = stat_quantile(other, n, 0.75);
    sum.ratio_min = stat_quantile(other, n, 0);
    sum.ratio_max = stat_quantile(other, n, 1);

    stat_interval(other, n, &sum.ratio_low, &sum.ratio_high);
    if (index != bench->baseline && !(sum.ratio_low <= 1 && sum.ratio_high >= 1))
        sum.contrary = contradicts(
            sum.ratio, median_of(&bench->arms[bench->baseline], cache, figure_seconds, other),
            sum.median);

    sum.cpu_seconds = median_of(arm, cache, figure_cpu, other);
    sum.user_seconds = median_of(arm, cache, figure_user, other);
    sum.system_seconds = median_of(arm, cache, figure_system, other);
    sum.memory_peak = median_of(arm, cache, figure_memory, other);
    sum.switches = median_of(arm, cache, figure_switches, other);
    sum.device_read = median_of(arm, cache, figure_device_read, other);
    sum.device_write = median_of(arm, cache, figure_device_write, other);
    sum.waiting_seconds = median_of(arm, cache, figure_waiting, other);
    sum.runqueue_seconds = median_of(arm, cache, figure_runqueue, other);
    sum.in_flight_mean = median_of(arm, cache, figure_in_flight_mean, other);
    sum.in_flight_peak = median_of(arm, cache, figure_in_flight_peak, other);
    sum.workers = median_of(arm, cache, figure_workers, other);
    sum.device_busy = median_of(arm, cache, figure_device_busy, other);
    sum.device_queue = median_of(arm, cache, figure_device_queue, other);
    sum.device_limit = median_of(arm, cache, figure_device_limit, other);
    take_kinds(arm->latency[cache], &sum);
    split(&sum);
    return sum;
}

const char *summary_missing(const struct bench_summary *summary)
{
    return summary->differs   ? "differs"
           : summary->stopped ? "stopped"
           : summary->failed  ? "failed"
                              : "-";
}

struct bench_whole summary_whole(const struct bench *bench, size_t arm, enum bench_cache cache)
{
    const struct bench_data *data = &bench->data;
    struct bench_summary sum = summary_of(bench, arm, cache);
    double by_files = (double)data->whole_files / (double)data->files;
    double by_bytes = data->bytes > 0 ? (double)data->whole_bytes / (double)data->bytes : by_files;

    if (data->whole_files == 0 || sum.runs == 0)
        return (struct bench_whole){NAN, NAN, NAN};
    return (struct bench_whole){.seconds = sum.median * sqrt(by_files * by_bytes),
                                .low = sum.q1 * fmin(by_files, by_bytes),
                                .high = sum.q3 * fmax(by_files, by_bytes)};
}

struct bench_ratio summary_compare(const struct bench *bench, size_t arm, size_t other,
                                   enum bench_cache cache)
{
    double values[BENCH_ROUNDS_MAX];
    struct bench_ratio of = {0};

    of.pairs = summary_ratios(&bench->arms[other], &bench->arms[arm], cache, values);
    of.ratio = stat_quantile(values, of.pairs, 0.5);
    stat_interval(values, of.pairs, &of.low, &of.high);
    if (!(of.low <= 1 && of.high >= 1))
        of.contrary = contradicts(of.ratio,
                                  median_of(&bench->arms[other], cache, figure_seconds, values),
                                  median_of(&bench->arms[arm], cache, figure_seconds, values));
    of.faster = of.low > 1 && of.ratio >= 1 + ratio_matters && !of.contrary;
    of.slower = of.high < 1 && of.ratio <= 1 - ratio_matters && !of.contrary;
    return of;
}

bool summary_faster(const struct bench *bench, size_t arm, size_t other, enum bench_cache cache)
{
    struct bench_ratio of = summary_compare(bench, arm, other, cache);

    return of.faster || (isnan(of.low) && of.ratio >= 1 + ratio_matters && !of.contrary);
}

struct bench_disturbance summary_disturbance(const struct bench *bench, enum bench_cache cache)
{
    double all = 0, others = 0, stolen = 0;

    for (size_t i = 0; i < bench->n_arms; i++) {
        for (size_t j = 0; j < bench->arms[i].n_samples; j++) {
            const struct bench_sample *sample = &bench->arms[i].samples[j];
            if (sample->cache != cache)
                continue;
            all += sample->processors_seconds;
            others += sample->others_seconds;
            stolen += sample->stolen_seconds;
        }
    }
    others = all > 0 ? others / all : NAN;
    stolen = all > 0 ? stolen / all : NAN;
    return (struct bench_disturbance){
        .others = others, .stolen = stolen, .much = others > others_much || stolen > stolen_much};
}

bool summary_detectable(const struct bench_summary *summary)
{
    return (summary->ratio_low > 1 || summary->ratio_high < 1) &&
           fabs(summary->ratio - 1) >= ratio_matters && !summary->contrary;
}

bool summary_precise(const struct bench *bench, enum bench_cache cache)
{
    double values[BENCH_ROUNDS_MAX], low, high;

    for (size_t i = 0; i < bench->n_arms; i++) {
        const struct bench_arm *arm = &bench->arms[i];
        size_t n = summary_ratios(&bench->arms[bench->baseline], arm, cache, values);
        if (i == bench->baseline || !arm_runs(arm))
            continue;
        if (!stat_interval(values, n, &low, &high) ||
            (high - low) / 2 > bench->opts.precision * stat_quantile(values, n, 0.5))
            return false;
    }
    return true;
}

double summary_resident(const struct bench *bench, enum bench_cache cache)
{
    double worst = NAN;

    for (size_t i = 0; i < bench->n_arms; i++) {
        for (size_t j = 0; j < bench->arms[i].n_samples; j++) {
            const struct bench_sample *sample = &bench->arms[i].samples[j];
            if (sample->cache != cache)
                continue;
            /* both functions skip NAN */
            worst = cache == BENCH_COLD ? fmax(worst, sample->resident)
                                        : fmin(worst, sample->resident);
        }
    }
    return worst;
}

bool summary_any(const struct bench *bench, enum bench_cache cache)
{
    bool any = false;

    for (size_t i = 0; i < bench->n_arms; i++)
        any |= summary_of(bench, i, cache).runs > 0;
    return any;
}
