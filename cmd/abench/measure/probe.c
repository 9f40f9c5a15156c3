/* probe.c: predicts the gain of the ring from a short probe.
 *
 * The probe runs two arms, the blocking one and the ring's, on parts of the data in the same state
 * of the cache:
 *
 *     many files                 small directories, drawn over all of the tree (subtrees.h)
 *     read of a pattern          fewer bytes of it
 *     large files, and a copy    the arm itself, stopped after a while and asked for its progress
 *     of a flat directory
 *
 * Each arm first runs on small parts, whose time tells how large the next ones can be so that the
 * probe takes a tenth of the rounds. Some of the time does not grow with the work: the program is
 * read from a cold disk, and the workers of the ring are started. Therefore the time of the whole
 * is predicted by the line through the smallest part and a large one. The arms take turns, and the
 * median of the turns counts, because the speed of a disk can change within a second.
 *
 * There is no prediction for copies of large files or with --durable: a short probe does not show
 * the speed of writing once memory is full of dirty pages. */
#define _GNU_SOURCE
#include "probe.h"
#include "cache.h"
#include "child.h"
#include "copies.h"
#include "run.h"
#include "subtrees.h"
#include "../stat.h"
#include "../../cli/messages.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
    FIRST_FILES = 64,        /* smallest part: files of a list, */
    FIRST_PATTERN_PART = 64, /* the part of a pattern's bytes */
    GROWTH = 8,              /* of the small parts */
    TURNS = 3,
    TURNS_MAX = 9, /* if they differ */
    ARGS_MAX = 16,
};

static const double first_seconds = 0.1;  /* or the time until the arm is stopped, at least */
static const double least_seconds = 0.25; /* large part: less is too inaccurate */
/* A larger part than this can as well be the whole, by the arm itself. */
static const double most_part = 0.5;
static const uint64_t large_file = 8 << 20; /* mean size above which a part has too few files */
static const double most_spread = 1.2;      /* of the gains that the turns predict */
/* Of the whole: the gains that are measured then differ by as much as a prediction is wrong. */
static const double shortest_run = 0.1;
static const double budget_part = 0.1; /* maximum part of the rounds and of the time limit */

enum method { PROBE_LIST, PROBE_PATTERN, PROBE_STOP };

struct probe {
    struct bench *bench;
    enum bench_cache cache;
    enum method method;
    double total; /* all files of a list, or all bytes */
    double end;   /* bench_now */
    double turn;  /* seconds of the longest turn */
    struct subtrees *subtrees;
    unsigned copies;
    bool full; /* there is no space for more of them */
    bool late; /* there is no time for the next run */
};

/* The files or bytes that an arm has worked on, and the time. */
struct part {
    double done, seconds;
};

struct probed {
    struct bench_arm *arm;
    struct part first, latest;
    double whole[TURNS_MAX]; /* seconds that each turn predicts */
    double iowq;
};

/* Makes the arm's command for a part: the operands of the sample, or some bytes of the pattern. The
 * last word of a copy is for arm_set_dest. */
static void part_argv(const struct probe *probe, const struct bench_arm *arm, double part,
                      char **argv, char text[PATH_MAX + 32])
{
    const struct bench *bench = probe->bench;
    bool copy = bench->opts.operation == BENCH_COPY, read = bench->opts.operation == BENCH_READ;
    size_t n = 0;

    argv[n++] = arm->argv[0];
    argv[n++] = (char *)(read ? "--discard" : "-r");
    for (size_t i = 0; arm->options[i] && n < ARGS_MAX - 5; i++)
        argv[n++] = arm->options[i];
    argv[n++] = (char *)"--stats=json";
    argv[n++] = text;
    if (probe->method == PROBE_PATTERN) {
        snprintf(text, PATH_MAX + 32, "--bytes=%.0f", part); /* replaces the arm's own */
        argv[n++] = (char *)"--";
        argv[n++] = (char *)bench_operand(bench, 0);
    } else {
        snprintf(text, PATH_MAX + 32, "--files0-from=%s", bench_temp(bench, "operands"));
    }
    if (copy) {
        argv[n++] = (char *)"-t";
        argv[n++] = bench_need(strdup(""));
    }
    argv[n] = NULL;
}

static char *last_word(char **argv)
{
    while (argv[1])
        argv++;
    return argv[0];
}

/* Returns what an arm has done until it was stopped or has ended. With cold files the ring does not
 * use read(2), and warm files do not come from the device. NAN: unknown. */
static double done_of(const struct probe *probe, const struct bench_sample *sample)
{
    double done = probe->cache == BENCH_COLD ? (double)sample->device_read : sample->bytes_read;

    return !sample->timed_out || done > probe->total ? probe->total : done;
}

/* Makes a destination that does not count as one of the kept copies, as long as there is space. */
static int new_dest(struct probe *probe, char dest[PATH_MAX], bool inside)
{
    const struct bench *bench = probe->bench;

    probe->full = !copies_have_spare(bench);
    if (probe->full)
        return -ENOSPC;
    if (snprintf(dest, PATH_MAX, "%s/probe%d.%u", bench->dest_dir, (int)probe->cache,
                 probe->copies++) >= PATH_MAX)
        return -ENAMETOOLONG;
    if (inside && mkdir(dest, 0777) < 0)
        return -errno;
    return copies_sync(bench);
}

/* Tells whether a run has done its part. Files that are left out make a program fail. */
static bool did_part(const struct probe *probe, const struct bench_sample *sample)
{
    const struct bench_data *data = &probe->bench->data;

    if (sample->timed_out)
        return probe->method == PROBE_STOP;
    return WIFEXITED(sample->wait_status) &&
           WEXITSTATUS(sample->wait_status) <= (data->unreadable + data->changed > 0);
}

/* Runs an arm on this amount of the data, or for this many seconds if it has to be stopped. */
static bool run_part(struct probe *probe, struct probed *of, double amount, bool watched)
{
    struct bench *bench = probe->bench;
    bool stopped = probe->method == PROBE_STOP, copies = bench->opts.operation == BENCH_COPY;
    static char text[PATH_MAX + 32];
    char *argv[ARGS_MAX + 1] = {NULL}, dest[PATH_MAX];
    struct bench_arm part = {.name = of->arm->name, .argv = argv}, *arm = of->arm;
    struct bench_sample sample = {.seconds = 0};
    double resident, limit;
    int rc = 0;

    of->latest.done = amount;
    if (!stopped && amount < probe->total)
        arm = &part;
    if (arm == &part && probe->method == PROBE_LIST) {
        bench->list = "sample";
        of->latest.done = (double)subtrees_draw(probe->subtrees, (uint64_t)amount);
    }
    if (copies)
        rc = new_dest(probe, dest,
                      arm == &part || bench->data.n_paths > 1 || bench->data.whole_files > 0);
    if (rc == 0)
        rc = cache_prepare(bench, probe->cache, &resident);
    bench->list = "list";
    limit = probe->end - bench_now();
    probe->late = limit <= (stopped ? amount : 0);
    if (rc < 0 || child_signal || probe->late)
        return false;
    if (arm == &part)
        part_argv(probe, of->arm, amount, argv, text);
    rc = run_arm(bench, arm, copies ? dest : NULL, stopped ? amount : limit, watched, &sample);
    if (copies && arm == &part)
        free(last_word(argv));
    if (stopped)
        of->latest.done = done_of(probe, &sample);
    of->latest.seconds = sample.seconds;
    if (watched)
        of->iowq = sample.iowq;
    return rc == 0 && of->latest.done > 0 && did_part(probe, &sample);
}

/* Runs an arm on small parts, each larger than the one before, until one takes a while. On a busy
 * machine an arm may have done nothing before it is stopped. */
static bool small_parts(struct probe *probe, struct probed *of)
{
    double amount = probe->method == PROBE_STOP      ? first_seconds
                    : probe->method == PROBE_PATTERN ? ceil(probe->total / FIRST_PATTERN_PART)
                                                     : FIRST_FILES;

    if (probe->method == PROBE_LIST && amount > most_part * probe->total)
        amount = probe->total;
    while (!run_part(probe, of, amount, false)) {
        if (probe->method != PROBE_STOP || of->latest.done != 0)
            return false;
        amount *= 2;
    }
    of->first = of->latest;
    while (probe->method == PROBE_LIST && of->latest.seconds < first_seconds &&
           GROWTH * amount <= most_part * probe->total) {
        amount *= GROWTH;
        if (!run_part(probe, of, amount, false))
            return false;
    }
    return true;
}

/* Runs both arms on small parts. Returns the seconds for each run on a larger one, below 0 if too
 * few are left for the runs, 0 on failure. */
static double first_turn(struct probe *probe, struct probed of[2])
{
    const struct bench_options *opts = &probe->bench->opts;
    double rounds = 0, around = 0, left;

    for (unsigned i = 0; i < 2; i++) {
        double start = bench_now();
        if (!small_parts(probe, &of[i]))
            return 0;
        rounds += opts->rounds_min * of[i].latest.seconds * probe->total / of[i].latest.done;
        /* overhead of a run: emptying the cache, and waiting */
        around += bench_now() - start - of[i].latest.seconds;
    }
    left = probe->end - bench_now() - TURNS * around;
    return fmin(fmax(budget_part * rounds / (2 * TURNS), least_seconds), left / (2 * TURNS));
}

/* Runs one arm again, on as much as it can do in this many seconds. */
static bool run_again(struct probe *probe, struct probed *of, double seconds, unsigned turn)
{
    const struct part *first = &of->first, *latest = &of->latest;
    double amount = fmax(seconds, fmax(first_seconds, first->seconds));

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

/* Runs both arms again. The first turn is watched. */
static bool next_turn(struct probe *probe, struct probed of[2], double seconds, unsigned turn)
{
    double start = bench_now();

    if (!run_again(probe, &of[0], seconds, turn) || !run_again(probe, &of[1], seconds, turn))
        return false;
    probe->turn = fmax(probe->turn, bench_now() - start);
    return true;
}

/* Predicts from the median of the turns. Returns true if that is accurate: all gains, or, of more
 * turns, the interval of their median, is narrow. */
static bool turns_agree(const struct probed of[2], unsigned turns,
                        struct bench_prediction *prediction)
{
    double values[TURNS_MAX], low, high;

    memcpy(values, of[0].whole, sizeof(values));
    prediction->base_seconds = stat_quantile(values, turns, 0.5);
    memcpy(values, of[1].whole, sizeof(values));
    prediction->arm_seconds = stat_quantile(values, turns, 0.5);
    for (unsigned i = 0; i < turns; i++)
        values[i] = of[0].whole[i] / of[1].whole[i];
    prediction->gain = stat_quantile(values, turns, 0.5);
    if (!stat_interval(values, turns, &low, &high)) {
        low = values[0];
        high = values[turns - 1];
    }
    return turns >= TURNS && high <= most_spread * low;
}

/* Lets the arms take turns until these agree. */
static bool probe_both(struct probe *probe, struct probed of[2],
                       struct bench_prediction *prediction)
{
    double seconds = first_turn(probe, of);
    unsigned turns = 0;
    bool agree = false;

    prediction->late = seconds < 0;
    while (seconds > 0 && turns < TURNS_MAX && !agree &&
           (turns < TURNS || bench_now() + probe->turn < probe->end) &&
           next_turn(probe, of, seconds, turns)) {
        agree = turns_agree(of, ++turns, prediction);
        prediction->iowq = of[1].iowq;
        if (probe->method == PROBE_LIST)
            prediction->files = (uint64_t)of[0].latest.done;
        else
            prediction->bytes = (uint64_t)of[0].latest.done;
    }
    if (turns >= TURNS && !agree)
        prediction->why_not = "the runs of the probe differ by more than a fifth";
    else if (turns > 0 && fmin(prediction->base_seconds, prediction->arm_seconds) < shortest_run)
        prediction->why_not = "a run takes less than 0.1 s, and its time varies too much";
    return child_signal == 0 && turns > 0 && isfinite(prediction->gain);
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
    bool copy = bench->opts.operation == BENCH_COPY;

    if (copy && (large || bench->opts.durable))
        return "a short probe does not show the speed of writing once memory is full of dirty "
               "pages";
    /* names in a list are copied in another way than a tree is */
    if (!bench->opts.pattern && !large && !(copy && bench->data.whole_files > 0))
        probe->subtrees = subtrees_new(bench);
    probe->method = bench->opts.pattern ? PROBE_PATTERN : probe->subtrees ? PROBE_LIST : PROBE_STOP;
    probe->total = probe->method == PROBE_LIST ? (double)bench->data.files : bench_bytes(bench);
    return probe->total == 0 ? "the files are empty" : NULL;
}

void probe_predict(struct bench *bench, enum bench_cache cache)
{
    struct bench_prediction *prediction = &bench->predictions[cache];
    struct probe probe = {.bench = bench, .cache = cache};
    double resident;

    if (choose_arms(bench, &prediction->base, &prediction->arm))
        prediction->why_not = choose_method(&probe);
    else
        prediction->why_not = bench->opts.sweep
                                  ? "the arms of a sweep are not predicted"
                                  : "there is no blocking arm beside an arm with io_uring";
    /* takes longer the first time, for what is dirty or not cached yet */
    if (!prediction->why_not && cache_prepare(bench, cache, &resident) < 0)
        prediction->why_not = "the cache could not be prepared";
    if (prediction->why_not) {
        subtrees_free(probe.subtrees);
        return;
    }
    probe.end = bench_now() + budget_part * bench->opts.budget;
    cli_status("probing");
    struct probed of[2] = {{.arm = &bench->arms[prediction->base]},
                           {.arm = &bench->arms[prediction->arm]}};
    prediction->made = probe_both(&probe, of, prediction);
    subtrees_free(probe.subtrees);
    prediction->late |= !prediction->made && (probe.late || bench_now() >= probe.end);
    if (probe.full)
        prediction->why_not = "there is too little space for the copies of the probe";
    else if (!prediction->made)
        prediction->why_not = "the probe did not end in a tenth of the time limit";
    cli_status_clear();
}
