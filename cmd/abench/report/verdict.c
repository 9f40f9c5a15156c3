/* verdict.c: the meaning of the figures: the bottleneck, the evidence, and the command to use. */
#define _GNU_SOURCE
#include "verdict.h"
#include "knee.h"
#include "summary.h"

#include <assert.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

/* Parts of a whole that count as all, as none, and as decisive. */
static const double all_busy = 0.85, nothing = 0.05, much = 0.3;
/* A gain that shows that waits were overlapped; a smaller one can have any cause. */
static const double overlapped = 1.1;

/* Chooses the arm to explain: our fastest with io_uring, else our fastest, else the fastest. The
 * baseline, and arms whose result was not compared, come last. Returns -1 if nothing was measured.
 */
static int arm_of_interest(const struct bench *bench, enum bench_cache cache)
{
    int best = -1, best_rank = -2;
    double best_median = INFINITY;

    for (size_t i = 0; i < bench->n_arms; i++) {
        const struct bench_arm *arm = &bench->arms[i];
        struct bench_summary sum = summary_of(bench, i, cache);
        int rank = sum.unchecked          ? -1
                   : i == bench->baseline ? 0
                   : arm->ring            ? 3
                   : arm->argv            ? 2
                                          : 1;
        if (sum.runs == 0 || arm->ceiling || rank < best_rank ||
            (rank == best_rank && sum.median >= best_median))
            continue;
        best = (int)i;
        best_rank = rank;
        best_median = sum.median;
    }
    return best;
}

/* Returns the seconds of waiting. If an arm does not report them, returns the time that is not CPU
 * time. */
static double waiting(const struct bench_summary *sum)
{
    return isnan(sum->waiting_seconds) ? fmax(sum->median - sum->cpu_seconds, 0)
                                       : fmin(sum->waiting_seconds, sum->median);
}

/* Finds the bottleneck of the blocking path. Waiting for a device is latency if more requests at
 * once reduce it, and the device's limit if they do not. The device's counters are not used,
 * because they include other processes' requests. */
static enum bottleneck bottleneck_of(const struct bench_summary *base,
                                     const struct bench_summary *arm, double bytes, bool gain)
{
    double most = fmax(fmax(base->device_read, arm->device_read), base->device_write);

    /* relative to the time of work and waiting: in the rest it waited for a busy processor */
    if (waiting(base) > much * (waiting(base) + base->cpu_seconds))
        return gain || most < nothing * bytes ? BOTTLENECK_LATENCY : BOTTLENECK_DEVICE;
    /* the kernel's work on resident data is copying it from the page cache; all other work is
     * computing */
    return base->user_seconds < much * base->cpu_seconds && base->device_read < much * bytes
               ? BOTTLENECK_CACHE
               : BOTTLENECK_CPU;
}

bool verdict_reach(const struct bench *bench, enum bench_cache cache, struct verdict *verdict)
{
    struct bench_summary base = summary_of(bench, bench->baseline, cache), sum;
    int index = arm_of_interest(bench, cache);

    *verdict = (struct verdict){.bottleneck = BOTTLENECK_UNKNOWN};
    if (index < 0 || base.runs == 0)
        return false;
    assert((size_t)index < bench->n_arms);
    sum = summary_of(bench, (size_t)index, cache);
    verdict->arm = (size_t)index;
    verdict->gain = (size_t)index != bench->baseline &&
                    summary_faster(bench, (size_t)index, bench->baseline, cache) &&
                    sum.ratio >= overlapped;
    verdict->bottleneck = bottleneck_of(&base, &sum, bench_bytes(bench), verdict->gain);
    return true;
}

const char *bottleneck_name(enum bottleneck bottleneck)
{
    static const char *const names[] = {
        [BOTTLENECK_UNKNOWN] = "unknown",     [BOTTLENECK_LATENCY] = "latency-bound",
        [BOTTLENECK_DEVICE] = "device-bound", [BOTTLENECK_CACHE] = "cache-bound",
        [BOTTLENECK_CPU] = "CPU-bound",
    };

    return names[bottleneck];
}

/* Prints the bottleneck of an arm that overlaps its waits. */
static void print_rest(FILE *out, const struct bench_summary *sum, const struct machine *machine)
{
    double busy = sum->cpu_seconds / (sum->median * machine->processors);

    if (busy > all_busy)
        fprintf(out, "and is then CPU-bound, with %.0f%% of %u processors busy", 100 * busy,
                machine->processors);
    else if (sum->cpu_seconds > all_busy * sum->median)
        fputs("and then keeps one processor busy", out);
    else
        fprintf(out,
                "and then keeps the processors %.0f%% busy: the device limits the rest, at %.0f"
                " MB/s",
                100 * busy, sum->mb_s);
}

static void print_waiting(FILE *out, const struct bench *bench, const struct verdict *verdict,
                          const struct bench_summary *base, const struct bench_summary *sum,
                          const struct machine *machine)
{
    const char *name = bench->arms[verdict->arm].name;

    fprintf(out, "%s waits %.3g of its %.3g s", bench->arms[bench->baseline].name, waiting(base),
            base->median);
    if (verdict->arm == bench->baseline)
        return;
    if (verdict->gain) {
        fprintf(out, "; %s overlaps that", name);
        if (sum->in_flight_mean > 0)
            fprintf(out, " with %.0f requests in flight", sum->in_flight_mean);
        fputs(", ", out);
        print_rest(out, sum, machine);
    } else if (verdict->bottleneck == BOTTLENECK_DEVICE) {
        fprintf(out, ", and %s waits as long: the device delivers at most %.0f MB/s", name,
                fmax(base->mb_s, sum->mb_s));
    } else {
        fprintf(out,
                ", and %s waits as long, but not for the device: for another process or"
                " machine",
                name);
    }
}

char *verdict_line(const struct bench *bench, const struct machine *machine, enum bench_cache cache)
{
    struct bench_summary base = summary_of(bench, bench->baseline, cache), sum;
    const char *base_name = bench->arms[bench->baseline].name;
    struct verdict verdict;
    char *text = NULL;
    size_t size;
    FILE *out;

    if (!verdict_reach(bench, cache, &verdict) || !(out = open_memstream(&text, &size)))
        return NULL;
    sum = summary_of(bench, verdict.arm, cache);
    fprintf(out, "%s: ", bottleneck_name(verdict.bottleneck));
    if (verdict.bottleneck == BOTTLENECK_CPU) {
        fprintf(out,
                "%s computes for %.3g of its %.3g s, %.3g s of them in the kernel, and waits"
                " too little for a ring to help",
                base_name, base.cpu_seconds, base.median, base.system_seconds);
    } else if (verdict.bottleneck == BOTTLENECK_CACHE) {
        fprintf(out,
                "%s spends %.3g s in the kernel, opening files and copying from the page cache,"
                " and waits too little for a ring to help",
                base_name, base.system_seconds);
        if (verdict.gain)
            fprintf(out, "; %s gains by bypassing the cache, or by its workers",
                    bench->arms[verdict.arm].name);
    } else {
        print_waiting(out, bench, &verdict, &base, &sum, machine);
    }
    if (verdict.arm != bench->baseline && !isnan(sum.ratio_low) && !summary_detectable(&sum))
        fprintf(out, "; no detectable difference between %s and %s", base_name,
                bench->arms[verdict.arm].name);
    return fclose(out) == 0 ? text : NULL;
}

char *verdict_evidence_line(const struct bench *bench, size_t index, enum bench_cache cache)
{
    struct bench_summary sum = summary_of(bench, index, cache);
    const struct bench_prediction *prediction = &bench->predictions[cache];
    char *text = NULL;
    size_t size;
    FILE *out;

    if (sum.runs == 0 || !(out = open_memstream(&text, &size)))
        return NULL;
    fprintf(out, "%s: %.0f MB from the device", bench->arms[index].name, sum.device_read / 1e6);
    if (bench->opts.operation == BENCH_COPY)
        fprintf(out, ", %.0f MB to it", sum.device_write / 1e6);
    if (!isnan(sum.device_busy))
        fprintf(out, ", which is %.0f%% busy with %.1f requests", 100 * sum.device_busy,
                sum.device_queue);
    fprintf(out, "; CPU %.3g s user, %.3g s system; waits %.3g s", sum.user_seconds,
            sum.system_seconds, isnan(sum.waiting_seconds) ? waiting(&sum) : sum.waiting_seconds);
    if (sum.in_flight_mean > 0)
        fprintf(out, "; %.1f in flight", sum.in_flight_mean);
    if (prediction->made && prediction->arm == index && !isnan(prediction->iowq))
        fprintf(out, "; %.0f io-wq workers", prediction->iowq);
    return fclose(out) == 0 ? text : NULL;
}

double verdict_prediction_error(const struct bench *bench, enum bench_cache cache)
{
    const struct bench_prediction *prediction = &bench->predictions[cache];
    struct bench_summary base = summary_of(bench, prediction->base, cache);
    struct bench_summary arm = summary_of(bench, prediction->arm, cache);

    if (!prediction->made || base.runs == 0 || arm.runs == 0)
        return NAN;
    return prediction->gain / (base.median / arm.median) - 1;
}

char *verdict_prediction_line(const struct bench *bench, enum bench_cache cache)
{
    const struct bench_prediction *prediction = &bench->predictions[cache];
    double error = verdict_prediction_error(bench, cache);
    char *text = NULL, part[64];

    if (isnan(error))
        return NULL;
    if (prediction->files > 0)
        snprintf(part, sizeof(part), "%" PRIu64 " files", prediction->files);
    else
        snprintf(part, sizeof(part), "%.0f MB", (double)prediction->bytes / 1e6);
    if (asprintf(&text,
                 "%s %.2f times as fast as %s, predicted from a probe of %s; measured %.2f: the"
                 " prediction is %.0f%% %s",
                 bench->arms[prediction->arm].name, prediction->gain,
                 bench->arms[prediction->base].name, part, prediction->gain / (1 + error),
                 100 * fabs(error), error >= 0 ? "high" : "low") < 0)
        return NULL;
    return text;
}

/* Returns true if one of our arms with more workers than the choice ran and was not faster. */
static bool workers_tried(const struct bench *bench, enum bench_cache cache, size_t choice)
{
    double workers = summary_of(bench, choice, cache).workers;

    for (size_t i = 0; i < bench->n_arms; i++) {
        struct bench_summary sum = summary_of(bench, i, cache);
        if (bench->arms[i].argv && sum.runs > 0 && sum.workers > workers &&
            !summary_faster(bench, i, choice, cache))
            return true;
    }
    return false;
}

/* Returns advice on the number of workers if the processor is the bottleneck. */
static const char *workers_advice(const struct bench *bench, const struct machine *machine,
                                  enum bench_cache cache, size_t choice)
{
    struct bench_summary sum = summary_of(bench, choice, cache);
    struct verdict verdict;
    static char text[128];

    if (!verdict_reach(bench, cache, &verdict) || verdict.bottleneck == BOTTLENECK_LATENCY ||
        verdict.bottleneck == BOTTLENECK_DEVICE || machine->processors == 1)
        return "";
    if (bench->data.files == 1)
        return bench->opts.operation == BENCH_HASH
                   ? "; with more than -j1 the digest of one file has its own thread"
                   : "";
    if (sum.workers >= machine->processors)
        return "; every processor has a worker";
    if (workers_tried(bench, cache, choice))
        return "";
    snprintf(text, sizeof(text), "; -j%u should be faster: more workers help if a ring does not",
             machine->processors);
    return text;
}

/* The arms to choose from, by their medians: the fastest, our fastest, and ours without options. */
struct choice {
    int best, ours, usual;
};

static struct choice choose(const struct bench *bench, enum bench_cache cache, char hint[64])
{
    struct choice choice = {-1, -1, -1};
    double medians[BENCH_ARMS_MAX];

    hint[0] = '\0';
    for (int i = 0; i < (int)bench->n_arms; i++) {
        struct bench_summary sum = summary_of(bench, (size_t)i, cache);
        medians[i] = sum.median;
        if (sum.runs == 0 || sum.unchecked)
            continue;
        if (isnan(sum.ratio_low))
            snprintf(hint, 64, " (only a hint, after %zu %s)", sum.runs,
                     sum.runs == 1 ? "round" : "rounds");
        if (choice.best < 0 || medians[i] < medians[choice.best])
            choice.best = i;
        if (bench->arms[i].argv && (choice.ours < 0 || medians[i] < medians[choice.ours]))
            choice.ours = i;
        if (strcmp(bench->arms[i].name, "uring") == 0)
            choice.usual = i;
    }
    return choice;
}

char *verdict_use_line(const struct bench *bench, const struct machine *machine,
                       enum bench_cache cache)
{
    const struct bench_arm *arms = bench->arms;
    char *text = NULL, hint[64];
    struct choice of = choose(bench, cache, hint);
    int fastest, knee = knee_find(bench, cache, &fastest), choice = of.ours;

    if (of.best < 0)
        return NULL;
    /* prefer no options, then the knee, if they are as fast */
    if (of.usual >= 0 && !summary_faster(bench, (size_t)of.ours, (size_t)of.usual, cache))
        choice = of.usual;
    else if (knee >= 0 && of.ours == fastest)
        choice = knee;
    if (choice < 0 || summary_faster(bench, (size_t)of.best, (size_t)choice, cache)) {
        if (asprintf(&text, "%s, the fastest here%s", arms[of.best].name, hint) < 0)
            return NULL;
    } else if (asprintf(&text, "%s%s%s%s", arms[choice].advice,
                        choice == of.usual ? " (uring is its default engine)" : "",
                        workers_advice(bench, machine, cache, (size_t)choice), hint) < 0) {
        return NULL;
    }
    return text;
}
