/* probe.c: predicts the gain of the ring from a short probe.
 *
 * The probe runs two arms, the blocking one and the ring's, on parts of the data in the same state
 * of the cache:
 *
 *     read, hash of many files   runs of neighbours of the list, spread over all of it
 *     read of a pattern          fewer bytes of it
 *     large files, and copies    the arm itself, stopped after a while and asked for its progress
 *
 * Each arm first runs on a small part, whose time tells how large the next ones can be so that the
 * probe takes a tenth of the rounds. Some of the time does not grow with the work: the program is
 * read from a cold disk, and the workers of the ring are started. Therefore the time of the whole
 * is predicted by the line through a small and a large part. The arms take turns, and the median of
 * the turns counts, because the speed of a disk can change within a second.
 *
 * There is no prediction for copies of large files or with --durable: a short probe does not show
 * the speed of writing once memory is full of dirty pages. */
#define _GNU_SOURCE
#include "probe.h"
#include "cache.h"
#include "child.h"
#include "copies.h"
#include "run.h"
#include "../stat.h"
#include "../../cli/name_list.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
    FIRST_FILES = 1024,      /* small part: files of a list, */
    FIRST_PATTERN_PART = 64, /* the part of a pattern's bytes, */
    RUNS = 16,               /* runs of neighbours in a sample of the list */
    REPEATS = 3,
    ARGS_MAX = 16,
};

static const double first_seconds = 0.1;  /* or the time until the arm is stopped */
static const double least_seconds = 0.25; /* large part: less is too inaccurate */
/* A larger part than this can as well be the whole, by the arm itself. It walks the tree, while the
 * list here takes the ring an eighth longer (78,579 files, cold). */
static const double most_part = 0.5;
static const uint64_t large_file = 8 << 20; /* mean size above which a part has too few files */
static const double most_spread = 1.2;      /* of the gains that the turns predict */
static const double budget_part = 0.1;      /* maximum part of the rounds and of the time limit */

enum method { PROBE_LIST, PROBE_PATTERN, PROBE_STOP };

struct probe {
    struct bench *bench;
    enum bench_cache cache;
    enum method method;
    double total; /* all files of a list, or all bytes */
    double end;   /* bench_now */
    unsigned copies;
};

/* The files or bytes that an arm has worked on, and the time. */
struct part {
    double done, seconds;
};

struct probed {
    struct bench_arm *arm;
    struct part first, latest;
    double whole[REPEATS]; /* seconds that each turn predicts */
    double iowq;
};

/* Copies runs of neighbours from the list of all names to "sample". Returns the number of names, 0
 * on failure. */
static uint64_t take_sample(const struct bench *bench, uint64_t want)
{
    uint64_t stride = bench->data.files / RUNS + 1, run = want / RUNS + 1, at = 0, taken = 0;
    struct names0 *names;
    const char *name;
    size_t len;
    FILE *out;
    int rc = names0_open(&names, bench_temp(bench, "list"));

    if (rc < 0 || !(out = fopen(bench_temp(bench, "sample"), "we"))) {
        if (rc == 0)
            names0_close(names);
        return 0;
    }
    while ((rc = names0_next(names, &name, &len)) > 0) {
        if (at++ % stride >= run)
            continue;
        fwrite(name, len + 1, 1, out);
        taken++;
    }
    names0_close(names);
    return fclose(out) == 0 && rc == 0 ? taken : 0;
}

/* Makes the arm's command for a part: the sample of the list, or some bytes of the pattern. */
static void part_argv(const struct probe *probe, const struct bench_arm *arm, double part,
                      char **argv, char text[2][PATH_MAX + 32])
{
    const struct bench *bench = probe->bench;
    size_t n = 0;

    argv[n++] = arm->argv[0];
    if (bench->opts.operation == BENCH_READ)
        argv[n++] = (char *)"--discard";
    for (size_t i = 0; arm->options[i] && n < ARGS_MAX - 4; i++)
        argv[n++] = arm->options[i];
    argv[n++] = (char *)"--stats=json";
    if (probe->method == PROBE_LIST) {
        snprintf(text[0], sizeof(text[0]), "--files0-from=%s", bench_temp(bench, "sample"));
        argv[n++] = text[0];
    } else {
        snprintf(text[1], sizeof(text[1]), "--bytes=%.0f", part);
        argv[n++] = text[1]; /* replaces the arm's own */
        argv[n++] = (char *)"--";
        argv[n++] = (char *)bench_operand(bench, 0);
    }
    argv[n] = NULL;
}

/* Returns what an arm has done until it was stopped or has ended. With cold files the ring does not
 * use read(2), and warm files do not come from the device. */
static double done_of(const struct probe *probe, const struct bench_sample *sample)
{
    if (!sample->timed_out)
        return probe->total;
    return fmin(probe->cache == BENCH_COLD ? (double)sample->device_read : sample->bytes_read,
                probe->total);
}

/* Makes a destination that does not count as one of the kept copies, because it stays small. */
static int new_dest(struct probe *probe, char dest[PATH_MAX])
{
    const struct bench *bench = probe->bench;

    if (snprintf(dest, PATH_MAX, "%s/probe%d.%u", bench->dest_dir, (int)probe->cache,
                 probe->copies++) >= PATH_MAX)
        return -ENAMETOOLONG;
    if (bench->data.n_paths > 1 && mkdir(dest, 0777) < 0)
        return -errno;
    return copies_sync(bench);
}

/* Runs an arm on this amount of the data, or for this many seconds if it has to be stopped. */
static bool run_part(struct probe *probe, struct probed *of, double amount, bool watched)
{
    struct bench *bench = probe->bench;
    bool stopped = probe->method == PROBE_STOP, copies = bench->opts.operation == BENCH_COPY;
    static char text[2][PATH_MAX + 32];
    char *argv[ARGS_MAX + 1], dest[PATH_MAX];
    struct bench_arm part = {.name = of->arm->name, .argv = argv}, *arm = of->arm;
    struct bench_sample sample = {.seconds = 0};
    double resident, limit;
    int rc = 0;

    of->latest.done = amount;
    if (!stopped && amount < probe->total) {
        part_argv(probe, arm, amount, argv, text);
        arm = &part;
    }
    if (arm == &part && probe->method == PROBE_LIST) {
        bench->list = "sample";
        of->latest.done = (double)take_sample(bench, (uint64_t)amount);
    }
    if (copies)
        rc = new_dest(probe, dest);
    if (rc == 0)
        rc = cache_prepare(bench, probe->cache, &resident);
    bench->list = "list";
    limit = probe->end - bench_now();
    if (rc < 0 || child_signal || limit <= (stopped ? amount : 0))
        return false;
    rc = run_arm(bench, arm, copies ? dest : NULL, stopped ? amount : limit, watched, &sample);
    if (stopped)
        of->latest.done = done_of(probe, &sample);
    of->latest.seconds = sample.seconds;
    if (watched)
        of->iowq = sample.iowq;
    return rc == 0 && of->latest.done > 0 &&
           (sample.timed_out
                ? stopped
                : WIFEXITED(sample.wait_status) && WEXITSTATUS(sample.wait_status) == 0);
}

/* Runs both arms on the small part. Returns the seconds for each run on a larger one, below 0 if
 * too few are left for the runs, 0 on failure. */
static double first_turn(struct probe *probe, struct probed of[2])
{
    const struct bench_options *opts = &probe->bench->opts;
    double amount = probe->method == PROBE_STOP      ? first_seconds
                    : probe->method == PROBE_PATTERN ? ceil(probe->total / FIRST_PATTERN_PART)
                                                     : fmin(FIRST_FILES, probe->total);
    double start = bench_now(), rounds = 0, around, left;

    for (unsigned i = 0; i < 2; i++) {
        if (!run_part(probe, &of[i], amount, false))
            return 0;
        of[i].first = of[i].latest;
        rounds += opts->rounds_min * of[i].first.seconds * probe->total / of[i].first.done;
    }
    /* overhead of a run: emptying the cache, and waiting */
    around = (bench_now() - start - of[0].first.seconds - of[1].first.seconds) / 2;
    left = probe->end - bench_now() - 2 * REPEATS * around;
    return fmin(fmax(budget_part * rounds / (2 * REPEATS), least_seconds), left / (2 * REPEATS));
}

/* Runs one arm again, on as much as it can do in this many seconds. */
static bool next_turn(struct probe *probe, struct probed *of, double seconds, unsigned turn)
{
    const struct part *first = &of->first, *latest = &of->latest;
    double amount = fmax(seconds, first_seconds);

    if (probe->method != PROBE_STOP) {
        amount = stat_line(first->seconds, first->done, latest->seconds, latest->done, seconds);
        amount = floor(fmax(amount, first->done));
        if (amount > most_part * probe->total)
            amount = probe->total;
    }
    if (!run_part(probe, of, amount, turn == 0))
        return false;
    of->whole[turn] = stat_line(first->done, first->seconds, latest->done, latest->seconds,
                                probe->total);
    return true;
}

/* Tells whether the turns predict about the same gain. If not, their median is no better. */
static bool turns_agree(const struct probed of[2])
{
    double low = INFINITY, high = 0;

    for (unsigned i = 0; i < REPEATS; i++) {
        double gain = of[0].whole[i] / of[1].whole[i];
        low = fmin(low, gain);
        high = fmax(high, gain);
    }
    return low > 0 && high <= most_spread * low;
}

/* Predicts from the median of the turns of both arms. The first turn is watched. */
static bool probe_both(struct probe *probe, struct probed of[2],
                       struct bench_prediction *prediction)
{
    double seconds = first_turn(probe, of);
    unsigned turns = 0;

    prediction->late = seconds < 0;
    while (seconds > 0 && turns < REPEATS && next_turn(probe, &of[0], seconds, turns) &&
           next_turn(probe, &of[1], seconds, turns)) {
        turns++;
        prediction->iowq = of[1].iowq;
        if (probe->method == PROBE_LIST)
            prediction->files = (uint64_t)of[0].latest.done;
        else
            prediction->bytes = (uint64_t)of[0].latest.done;
    }
    prediction->base_seconds = stat_quantile(of[0].whole, turns, 0.5);
    prediction->arm_seconds = stat_quantile(of[1].whole, turns, 0.5);
    prediction->gain = prediction->base_seconds / prediction->arm_seconds;
    if (turns == REPEATS && !turns_agree(of))
        prediction->why_not = "the runs of the probe differ by more than a fifth";
    return child_signal == 0 && isfinite(prediction->gain);
}

/* Chooses the baseline, or the first blocking arm if that is not one, and the first arm with
 * io_uring. */
static bool choose_arms(const struct bench *bench, size_t *base, size_t *ring)
{
    *base = *ring = BENCH_ARMS_MAX;
    if (bench->arms[bench->baseline].argv && !bench->arms[bench->baseline].ring)
        *base = bench->baseline;
    for (size_t i = 0; i < bench->n_arms; i++) {
        const struct bench_arm *arm = &bench->arms[i];
        if (!arm->argv || arm->swept)
            continue;
        if (arm->ring && *ring == BENCH_ARMS_MAX)
            *ring = i;
        else if (!arm->ring && *base == BENCH_ARMS_MAX)
            *base = i;
    }
    return *base < BENCH_ARMS_MAX && *ring < BENCH_ARMS_MAX;
}

/* Returns NULL, or the reason why there can be no prediction. */
static const char *choose_method(struct probe *probe)
{
    const struct bench *bench = probe->bench;
    bool large = bench->data.bytes / bench->data.files >= large_file;

    if (bench->opts.pattern)
        probe->method = PROBE_PATTERN;
    else if (large || bench->opts.operation == BENCH_COPY)
        probe->method = PROBE_STOP;
    else
        probe->method = PROBE_LIST;
    probe->total = probe->method == PROBE_LIST ? (double)bench->data.files : bench_bytes(bench);
    if (probe->total == 0)
        return "the files are empty";
    if (bench->opts.operation == BENCH_COPY && (large || bench->opts.durable))
        return "a short probe does not show the speed of writing once memory is full of dirty "
               "pages";
    return NULL;
}

void probe_predict(struct bench *bench, enum bench_cache cache)
{
    struct bench_prediction *prediction = &bench->predictions[cache];
    struct probe probe = {.bench = bench, .cache = cache};
    double resident;

    if (choose_arms(bench, &prediction->base, &prediction->arm))
        prediction->why_not = choose_method(&probe);
    else
        prediction->why_not = "no blocking arm and arm with io_uring to predict the gain of";
    /* takes longer the first time, for what is dirty or not cached yet */
    if (!prediction->why_not && cache_prepare(bench, cache, &resident) < 0)
        prediction->why_not = "the cache could not be prepared";
    if (prediction->why_not)
        return;
    probe.end = bench_now() + budget_part * bench->opts.budget;
    if (isatty(STDERR_FILENO))
        fprintf(stderr, "\r\033[Kprobing");
    struct probed of[2] = {{.arm = &bench->arms[prediction->base]},
                           {.arm = &bench->arms[prediction->arm]}};
    prediction->made = probe_both(&probe, of, prediction);
    prediction->late |= !prediction->made && bench_now() >= probe.end;
    if (!prediction->made)
        prediction->why_not = "the probe did not end in a tenth of the time limit";
    if (isatty(STDERR_FILENO))
        fprintf(stderr, "\r\033[K");
    /* before anything is measured; the report has the error of the prediction */
    if (isatty(STDERR_FILENO) && prediction->made && !prediction->why_not)
        fprintf(stderr, "%s: predicted from a short probe: %s is %.2f times as fast as %s\n",
                bench_cache_names[cache], of[1].arm->label, prediction->gain, of[0].arm->label);
}
