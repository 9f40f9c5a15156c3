/* verdict.c: the line "Why": finds the bottleneck, and the evidence for it. See verdict.h. */
#define _GNU_SOURCE
#include "verdict.h"
#include "summary.h"
#include "words.h"

#include <assert.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

/* Parts of a whole that count as all, as none, and as decisive. */
static const double all_busy = 0.8, nothing = 0.05, much = 0.3;
/* A gain that shows that waits were overlapped; a smaller one can have any cause. */
static const double overlapped = 1.1;
/* An arm that computes for less than this part of the baseline's CPU time gains by leaving work
 * out, such as the copying through the page cache. */
static const double work_saved = 0.5;
/* Requests at the device that show that more than one was waiting. */
static const double queued = 1.5;

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
            arm->pattern_block != bench->arms[bench->baseline].pattern_block || /* other work */
            (rank == best_rank && sum.median >= best_median))
            continue;
        best = (int)i;
        best_rank = rank;
        best_median = sum.median;
    }
    return best;
}

/* Returns the part of an arm's time that it waits, in seconds. */
static double waiting(const struct bench_summary *sum)
{
    return sum->waiting_share * sum->median;
}

/* Returns true if an arm did as much as the cgroups allow. Much more is what they do not see, such
 * as what the page cache writes. */
static bool at_limit(const struct bench_summary *sum)
{
    return sum->device_limit >= all_busy && sum->device_limit <= 1 / all_busy;
}

/* Returns true if the device was at its limit during an arm: always busy, with more than one
 * request, or held back by the cgroups. A single thread keeps a device busy, too, but one request
 * at a time is not its limit. */
static bool device_full(const struct bench_summary *sum)
{
    return at_limit(sum) || (sum->device_busy >= all_busy && sum->device_queue >= queued);
}

/* Finds the bottleneck of the blocking path. Waiting is latency if more requests at once reduce it.
 * It is the device's limit if they do not, and the device's own counters show that it is full. */
static enum bottleneck bottleneck_of(const struct bench_summary *base,
                                     const struct bench_summary *arm, double bytes, bool gain)
{
    double most = fmax(fmax(base->device_read, arm->device_read), base->device_write);

    if (base->queued_share > much)
        return BOTTLENECK_UNKNOWN;
    if (base->waiting_share > much) {
        if (gain || most < nothing * bytes)
            return BOTTLENECK_LATENCY;
        return device_full(base) || device_full(arm) ? BOTTLENECK_DEVICE : BOTTLENECK_UNKNOWN;
    }
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
    if (!summary_disturbance(bench, cache).much)
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
        fprintf(out, ". What is left is computing: %s %.0f%% busy",
                machine->processors == 1 ? "the processor is" : "the processors are", 100 * busy);
    else if (at_limit(sum))
        fprintf(out, ". What is left is the control group's limit for the device: %.0f%% used",
                100 * sum->device_limit);
    else if (device_full(sum))
        fprintf(out, ". What is left is the device's: it is %.0f%% busy with %.1f requests",
                100 * sum->device_busy, sum->device_queue);
    else if (sum->cpu_seconds > all_busy * sum->median)
        fputs(". What is left is computing, on one processor", out);
    else
        fprintf(out, ". The processors are then %.0f%% busy", 100 * busy);
    if (!device_full(sum) && !isnan(sum->device_busy))
        fprintf(out, ", the device %.0f%%", 100 * sum->device_busy);
}

/* Prints what the device's counters tell about an arm. */
static void print_device(FILE *out, const struct bench_summary *sum)
{
    if (at_limit(sum))
        fprintf(out, "the control group's limit for the device is %.0f%% used",
                100 * sum->device_limit);
    else if (isnan(sum->device_busy))
        fputs("the device has no counters", out);
    else
        fprintf(out, "the device is %.0f%% busy with %.1f requests", 100 * sum->device_busy,
                sum->device_queue);
}

static void print_waiting(FILE *out, const struct bench *bench, const struct verdict *verdict,
                          const struct bench_summary *base, const struct bench_summary *sum,
                          const struct machine *machine)
{
    const char *name = bench->arms[verdict->arm].label;

    fprintf(out, "%s waits %s of its %s", bench->arms[bench->baseline].label,
            words_seconds(waiting(base)), words_seconds(base->median));
    if (verdict->arm == bench->baseline) {
        fputs("; ", out);
        print_device(out, base);
    } else if (verdict->gain) {
        if (sum->in_flight_mean > 1)
            fprintf(out, "; %s has %.0f requests waiting together", name, sum->in_flight_mean);
        else
            fprintf(out, "; %s can overlap that", name);
        print_rest(out, sum, machine);
    } else if (verdict->bottleneck == BOTTLENECK_DEVICE) {
        fputs(", and more requests at once gain little: ", out);
        print_device(out, device_full(sum) ? sum : base);
        fprintf(out, ", at %s MB/s", words_figure(fmax(base->mb_s, sum->mb_s)));
    } else if (verdict->bottleneck == BOTTLENECK_LATENCY) {
        fprintf(out,
                ", and %s is not faster; not for the device, but for another process or machine",
                name);
    } else {
        fprintf(out, ", and %s is not faster; the reason is not known: with it ", name);
        print_device(out, sum);
    }
}

static void print_computing(FILE *out, const struct bench *bench, const struct verdict *verdict,
                            const struct bench_summary *base, const struct bench_summary *sum)
{
    const char *name = bench->arms[bench->baseline].label;

    if (verdict->bottleneck == BOTTLENECK_CPU)
        fprintf(out, "%s computes for %s %s its %s", name, words_seconds(base->cpu_seconds),
                base->cpu_seconds > base->median ? "on several processors in" : "of",
                words_seconds(base->median));
    else
        fprintf(out,
                "%s copies from the page cache and opens files, in the kernel, for %s of its"
                " %s",
                name, words_seconds(base->system_seconds), words_seconds(base->median));
    fprintf(out, " and waits %.0f%% of it: ", 100 * base->waiting_share);
    if (verdict->gain && sum->cpu_seconds < work_saved * base->cpu_seconds)
        fprintf(out, "what %s gains is work, as it computes for %s",
                bench->arms[verdict->arm].label, words_seconds(sum->cpu_seconds));
    else
        fprintf(out, "a ring has %s to overlap",
                base->waiting_share < nothing ? "nothing" : "little");
}

char *verdict_line(const struct bench *bench, const struct machine *machine, enum bench_cache cache)
{
    struct bench_summary base = summary_of(bench, bench->baseline, cache), sum;
    struct verdict verdict;
    char *text = NULL;
    size_t size;
    FILE *out;

    if (!verdict_reach(bench, cache, &verdict) || !(out = open_memstream(&text, &size)))
        return NULL;
    sum = summary_of(bench, verdict.arm, cache);
    if (verdict.bottleneck != BOTTLENECK_UNKNOWN)
        fprintf(out, "%s: ", bottleneck_name(verdict.bottleneck));
    if (summary_disturbance(bench, cache).much)
        fputs("not known: on a busy machine waiting for a processor looks like waiting for the"
              " device; measure again on a quiet one",
              out);
    else if (verdict.bottleneck == BOTTLENECK_UNKNOWN && base.queued_share > much)
        fprintf(out,
                "not known: %s is ready to run for %.0f%% of its time while no processor is"
                " free",
                bench->arms[bench->baseline].label, 100 * base.queued_share);
    else if (verdict.bottleneck == BOTTLENECK_CPU || verdict.bottleneck == BOTTLENECK_CACHE)
        print_computing(out, bench, &verdict, &base, &sum);
    else
        print_waiting(out, bench, &verdict, &base, &sum, machine);
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
    fprintf(out, "%s: %s from the device", bench->arms[index].name, words_bytes(sum.device_read));
    if (bench->opts.operation == BENCH_COPY)
        fprintf(out, ", %s to it", words_bytes(sum.device_write));
    if (!isnan(sum.device_busy))
        fprintf(out, ", which is %.0f%% busy with %.1f requests", 100 * sum.device_busy,
                sum.device_queue);
    fprintf(out, "; CPU %s user, %s system; waits %s", words_seconds(sum.user_seconds),
            words_seconds(sum.system_seconds),
            words_seconds(isnan(sum.waiting_seconds) ? waiting(&sum) : sum.waiting_seconds));
    if (sum.runqueue_seconds > 0)
        fprintf(out, ", and %s for a processor", words_seconds(sum.runqueue_seconds));
    if (sum.in_flight_mean > 0)
        fprintf(out, "; %.1f in flight", sum.in_flight_mean);
    if (prediction->made && prediction->arm == index && !isnan(prediction->iowq))
        fprintf(out, "; %.0f io-wq workers", prediction->iowq);
    return fclose(out) == 0 ? text : NULL;
}

double verdict_prediction_error(const struct bench *bench, enum bench_cache cache)
{
    const struct bench_prediction *prediction = &bench->predictions[cache];

    if (!prediction->made || prediction->why_not)
        return NAN;
    return prediction->gain /
               summary_compare(bench, prediction->arm, prediction->base, cache).ratio -
           1;
}

char *verdict_prediction_line(const struct bench *bench, enum bench_cache cache)
{
    const struct bench_prediction *prediction = &bench->predictions[cache];
    double error = verdict_prediction_error(bench, cache);
    char *text = NULL, part[64];

    if (prediction->why_not)
        return asprintf(&text, "none: %s", prediction->why_not) < 0 ? NULL : text;
    if (isnan(error))
        return NULL;
    if (prediction->files > 0)
        snprintf(part, sizeof(part), "%" PRIu64 " files", prediction->files);
    else
        snprintf(part, sizeof(part), "%s", words_bytes((double)prediction->bytes));
    if (asprintf(&text,
                 "%s %.2f times as fast as %s, predicted from a probe of %s; measured %.2f: the"
                 " prediction is %.0f%% %s",
                 bench->arms[prediction->arm].name, prediction->gain,
                 bench->arms[prediction->base].name, part, prediction->gain / (1 + error),
                 100 * fabs(error), error >= 0 ? "high" : "low") < 0)
        return NULL;
    return text;
}
