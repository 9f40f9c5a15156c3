/* probe.c: what the ring will gain, said before it is measured, from a short probe.
 *
 * The probe runs two arms, the blocking one and the ring's, on parts of the data in the same state
 * of the cache:
 *
 *     read, hash of many files   runs of neighbours of the list, spread over all of it
 *     read of a pattern          fewer bytes of it
 *     large files, and copies    the arm itself, stopped after a while: how far has it come?
 *
 * Each arm has a small part first. What that takes says how large the next ones may be, so that the
 * probe is a tenth of the rounds; and much of it does not grow with the work: the program itself
 * has to be read from a cold disk, and the ring's workers have to be started. So the whole is where
 * the line through a small and a large part leads. The arms take turns, and the median of the turns
 * counts, since the speed of a disk may change by the second.
 *
 * Of a copy of large files, or until it is on the device, nothing is said: how writing goes on once
 * memory is full of dirty pages does not show in a short probe. */
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
    FIRST_FILES = 1024,      /* the small part, of many files; */
    FIRST_PATTERN_PART = 64, /* of a pattern's bytes */
    RUNS = 16,               /* of neighbours */
    REPEATS = 3,
    ARGS_MAX = 16,
};

static const double first_seconds = 0.1;  /* the small part, of what is stopped */
static const double least_seconds = 0.25; /* a large part: less tells too little */
/* A larger part than this may as well be the whole, by the arm itself: that walks what is a list of
 * files here, which takes the ring an eighth longer (78,579 of them, cold). */
static const double most_part = 0.5;
static const uint64_t large_file = 8 << 20; /* on the mean: a part of the files would be too few */
static const double budget_part = 0.1;      /* of the rounds and of the budget, at the most */

enum method { PROBE_LIST, PROBE_PATTERN, PROBE_STOP };

struct probe {
    struct bench *bench;
    enum bench_cache cache;
    enum method method;
    double total; /* files of a list, else bytes: in all */
    double end;   /* bench_now */
    unsigned copies;
};

/* How much of it an arm did, and how long that took. */
struct part {
    double done, seconds;
};

struct probed {
    struct bench_arm *arm;
    struct part first, latest;
    double whole[REPEATS]; /* seconds: what the turns say */
    double iowq;
};

/* Copies runs of neighbours from the list of all names to "sample". Returns how many names, 0 where
 * that failed. */
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

/* The arm's command on a part: the list's sample, or so many bytes of the pattern. */
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
        argv[n++] = text[1]; /* in place of the arm's own */
        argv[n++] = (char *)"--";
        argv[n++] = bench->data.paths[0];
    }
    argv[n] = NULL;
}

/* What an arm did until it was stopped, or to its end. On cold files the ring reads past read(2),
 * and of warm ones nothing comes from the device. */
static double done_of(const struct probe *probe, const struct bench_sample *sample)
{
    if (!sample->timed_out)
        return probe->total;
    return fmin(probe->cache == BENCH_COLD ? (double)sample->device_read : sample->bytes_read,
                probe->total);
}

/* A copy's destination that does not count as one of the copies that are kept: it stays small. */
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

/* Runs an arm on so much of the data, or for so many seconds where it is to be stopped. */
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

/* Both arms on the small part. Returns how long each run on a larger one may take; 0 where that
 * failed. */
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
    /* what emptying the cache takes, and waiting */
    around = (bench_now() - start - of[0].first.seconds - of[1].first.seconds) / 2;
    left = probe->end - bench_now() - 2 * REPEATS * around;
    return fmin(fmax(budget_part * rounds / (2 * REPEATS), least_seconds), left / (2 * REPEATS));
}

/* Another turn of one arm, on as much as it will do in so many seconds. */
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

/* The median of what the turns say, of both arms. The first of the turns is watched. */
static bool probe_both(struct probe *probe, struct probed of[2],
                       struct bench_prediction *prediction)
{
    double seconds = first_turn(probe, of);
    unsigned turns = 0;

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
    return child_signal == 0 && isfinite(prediction->gain);
}

/* The baseline, or the first arm of blocking calls; and the first on the ring. */
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

static bool choose_method(struct probe *probe)
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
    return probe->total > 0 &&
           !(bench->opts.operation == BENCH_COPY && (large || bench->opts.durable));
}

void probe_predict(struct bench *bench, enum bench_cache cache)
{
    struct bench_prediction *prediction = &bench->predictions[cache];
    struct probe probe = {
        .bench = bench, .cache = cache, .end = bench_now() + budget_part * bench->opts.budget};

    if (!choose_arms(bench, &prediction->base, &prediction->arm) || !choose_method(&probe))
        return;
    if (isatty(STDERR_FILENO))
        fprintf(stderr, "\r\033[Kprobing");
    struct probed of[2] = {{.arm = &bench->arms[prediction->base]},
                           {.arm = &bench->arms[prediction->arm]}};
    prediction->made = probe_both(&probe, of, prediction);
    if (isatty(STDERR_FILENO))
        fprintf(stderr, "\r\033[K");
    /* said before anything is measured; the report says how far off it was */
    if (isatty(STDERR_FILENO) && prediction->made)
        fprintf(stderr, "%s: predicted from a short probe: %s is %.2f times as fast as %s\n",
                bench_cache_names[cache], of[1].arm->name, prediction->gain, of[0].arm->name);
}
