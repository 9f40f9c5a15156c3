/* abench_why.c: what the figures mean: what bounds the work, and which command to use. */
#define _GNU_SOURCE
#include "abench.h"
#include "cli.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* From here on a part of the whole counts as all of it, or as nothing. */
static const double all_busy = 0.85, nothing = 0.05, much = 0.3;

/* The arm to explain, one whose result is known to be right: our fastest on the ring, else our
 * fastest, else the fastest; not the baseline where there is another. Returns -1 where nothing was
 * measured. */
static int arm_of_interest(const struct bench *bench, enum bench_cache cache)
{
    int best = -1, best_rank = -1;
    double best_median = INFINITY;

    for (size_t i = 0; i < bench->n_arms; i++) {
        const struct bench_arm *arm = &bench->arms[i];
        struct bench_summary sum = bench_summarise(bench, i, cache);
        int rank = i == bench->baseline                               ? 0
                   : arm->argv && strncmp(arm->name, "uring", 5) == 0 ? 3
                   : arm->argv                                        ? 2
                                                                      : 1;
        if (sum.runs == 0 || sum.unchecked || rank < best_rank ||
            (rank == best_rank && sum.median >= best_median))
            continue;
        best = (int)i;
        best_rank = rank;
        best_median = sum.median;
    }
    return best;
}

/* Seconds of waiting; of an arm that does not tell, the time in which one thread of it did nothing.
 */
static double waiting(const struct bench_summary *sum)
{
    return isnan(sum->waiting_seconds) ? fmax(sum->median - sum->cpu_seconds, 0)
                                       : fmin(sum->waiting_seconds, sum->median);
}

static void say_bound(FILE *out, const struct bench_summary *sum, const struct machine *machine)
{
    double busy = sum->cpu_seconds / (sum->median * machine->processors);

    if (busy > all_busy)
        fprintf(out, "it is CPU-bound, with %.0f%% of %u processors busy", 100 * busy,
                machine->processors);
    else
        fprintf(out,
                "the processors are %.0f%% busy, so the device and the kernel bound it,"
                " at %.0f MB/s",
                100 * busy, sum->mb_s);
}

static void say_cached(FILE *out, const char *name, const struct bench_summary *sum,
                       const struct machine *machine)
{
    fprintf(out,
            "cache-bound: next to nothing is read from the device, and there is no waiting that"
            " a ring could overlap; %s takes %.3g CPU seconds in %.3g s on %u processors",
            name, sum->cpu_seconds, sum->median, machine->processors);
    if (sum->cpu_seconds < much * sum->median * machine->processors)
        return;
    fputs(sum->cpu_seconds > all_busy * sum->median * machine->processors
              ? ": all that there is"
              : ": more workers (-j) are what speeds that up",
          out);
}

char *why_line(const struct bench *bench, const struct machine *machine, enum bench_cache cache)
{
    int index = arm_of_interest(bench, cache);
    struct bench_summary base = bench_summarise(bench, bench->baseline, cache), sum;
    const char *base_name = bench->arms[bench->baseline].name, *name;
    double bytes = (double)bench->data.bytes;
    char *text = NULL;
    size_t size;
    FILE *out;

    if (index < 0 || base.runs == 0 || !(out = open_memstream(&text, &size)))
        return NULL;
    sum = bench_summarise(bench, (size_t)index, cache);
    name = bench->arms[index].name;
    if ((size_t)index != bench->baseline && sum.pairs >= 3 && !bench_detectable(&sum))
        fprintf(out, "no detectable difference between %s and %s; ", base_name, name);
    if (bytes > 0 && base.device_read < nothing * bytes && sum.device_read < nothing * bytes) {
        say_cached(out, name, &sum, machine);
    } else if (waiting(&base) > much * base.median) {
        fprintf(out, "latency-bound: %s waits %.3g of its %.3g s", base_name, waiting(&base),
                base.median);
        if ((size_t)index != bench->baseline) {
            bool gain = bench_faster(bench, (size_t)index, bench->baseline, cache);
            fprintf(out, "; %s %s that", name, gain ? "overlaps" : "gains nothing from");
            if (sum.in_flight_mean > 0)
                fprintf(out, " with %.0f requests in flight", sum.in_flight_mean);
            fprintf(out, " and takes %.3g s: ", sum.median);
            say_bound(out, &sum, machine);
        }
    } else {
        fprintf(out,
                "CPU-bound: %s works for %.3g of its %.3g s and leaves little waiting to"
                " overlap; with %s ",
                base_name, base.median - waiting(&base), base.median, name);
        say_bound(out, &sum, machine);
    }
    return fclose(out) == 0 ? text : NULL;
}

char *use_line(const struct bench *bench, enum bench_cache cache)
{
    const struct bench_arm *arms = bench->arms;
    double medians[BENCH_ARMS_MAX];
    int best = -1, ours = -1, usual = -1, choice;
    char *text = NULL, hint[64] = "";

    for (int i = 0; i < (int)bench->n_arms; i++) {
        struct bench_summary sum = bench_summarise(bench, (size_t)i, cache);
        medians[i] = sum.median;
        if (sum.runs == 0 || sum.unchecked)
            continue;
        if (sum.runs < 3)
            snprintf(hint, sizeof(hint), " (after %zu %s only: a hint)", sum.runs,
                     sum.runs == 1 ? "round" : "rounds");
        if (best < 0 || medians[i] < medians[best])
            best = i;
        if (arms[i].argv && (ours < 0 || medians[i] < medians[ours]))
            ours = i;
        if (arms[i].argv && strcmp(arms[i].name, "uring") == 0)
            usual = i;
    }
    if (best < 0)
        return NULL;
    /* without options is simpler, where it is as good */
    choice = usual >= 0 && !bench_faster(bench, (size_t)ours, (size_t)usual, cache) ? usual : ours;
    if (choice < 0 || bench_faster(bench, (size_t)best, (size_t)choice, cache)) {
        if (asprintf(&text, "%s, the fastest here%s", arms[best].name, hint) < 0)
            return NULL;
    } else if (asprintf(&text, "%s%s%s", arms[choice].advice,
                        choice == usual ? " (the engine that it takes by itself is uring)" : "",
                        hint) < 0) {
        return NULL;
    }
    return text;
}
