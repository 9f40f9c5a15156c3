/* abench_probe.c: what the ring will gain, said before it is measured, from a short probe.
 *
 * The probe runs the commands of two arms, the blocking one and the ring's, on a part of the data
 * in the same state of the cache, and once on nothing: what that takes is the start's, and does not
 * grow. Where the operation itself cannot be run on a part, the reading is probed and the rest
 * added:
 *
 *     read, hash of many files   runs of neighbours of the list, spread over all of it
 *     read of a pattern          fewer bytes of it
 *     large files                their first bytes, read in sequence; hash: and the digest's own
 *                                time, which blocking calls add and the ring overlaps
 *     copy of many files         the list again, and the time that making a file takes
 *
 * Of a copy of large files nothing is said: how writing goes on once memory is full of dirty pages
 * does not show in a short probe. */
#define _GNU_SOURCE
#include "abench.h"
#include "abench_stat.h"
#include "cli.h"
#include "../core/digest.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
    FILES_PART = 32,    /* of the files, and */
    FILES_LEAST = 1024, /* not fewer than so many */
    RUNS = 16,          /* of neighbours */
    PATTERN_PART = 8,   /* of the pattern's bytes */
    REPEATS = 3,
    DIGEST_BYTES = 16 * 1024 * 1024,
    DIGEST_REPEATS = 3,
    ARGS_MAX = 16,
};

static const uint64_t large_file = 8 << 20;   /* on the mean: from here on a file has to be cut */
static const uint64_t large_part = 256 << 20; /* so much of it */
static const double budget_part = 0.1;        /* of the whole, at the most */

enum method { PROBE_LIST, PROBE_PATTERN, PROBE_LARGE };

struct probe {
    struct bench *bench;
    enum bench_cache cache;
    enum method method;
    uint64_t files, bytes; /* of the part */
    char file[PATH_MAX];   /* what is read of, where not a list */
    double end;            /* bench_now */
};

/* Copies runs of neighbours from the list of all names to "sample", and looks at their sizes. */
static bool take_sample(struct probe *probe)
{
    const struct bench *bench = probe->bench;
    uint64_t want = bench->data.files / FILES_PART, at = 0;
    struct names0 *names;
    const char *name;
    size_t len;
    FILE *out;
    int rc = names0_open(&names, bench_temp(bench, "list"));

    want = want < FILES_LEAST ? FILES_LEAST : want;
    if (want > bench->data.files)
        want = bench->data.files;
    if (rc < 0 || !(out = fopen(bench_temp(bench, "sample"), "we"))) {
        if (rc == 0)
            names0_close(names);
        return false;
    }
    uint64_t stride = bench->data.files / RUNS + 1, run = want / RUNS + 1;
    while ((rc = names0_next(names, &name, &len)) > 0) {
        if (at++ % stride >= run)
            continue;
        fwrite(name, len + 1, 1, out);
        probe->files++;
    }
    names0_close(names);
    return fclose(out) == 0 && rc == 0;
}

/* The arm's command on the part; on nothing where empty. */
static size_t probe_argv(struct probe *probe, const struct bench_arm *arm, bool empty, char **argv,
                         char text[4][PATH_MAX + 32])
{
    const struct bench *bench = probe->bench;
    enum bench_operation operation = bench->opts.operation;
    bool hash = operation == BENCH_HASH && probe->method == PROBE_LIST;
    size_t n = 0;

    snprintf(text[0], sizeof(text[0]), "%s/%s", bench->bin_dir, hash ? "ahash" : "acat");
    argv[n++] = text[0];
    if (!hash)
        argv[n++] = (char *)"--discard";
    if (operation == BENCH_COPY && arm->ring) {
        /* what acp takes by itself, and acat does not */
        snprintf(text[1], sizeof(text[1]), "-j%u", cli_processors());
        argv[n++] = text[1];
    }
    for (size_t i = 0; arm->options[i] && n < ARGS_MAX - 5; i++)
        argv[n++] = arm->options[i];
    argv[n++] = (char *)"--stats=json";
    if (empty || probe->method == PROBE_LIST) {
        snprintf(text[2], sizeof(text[2]), "--files0-from=%s",
                 empty ? "/dev/null" : bench_temp(bench, "sample"));
        /* a pattern needs a file, and the start is the same without */
        for (size_t i = 0; empty && i < n; i++) {
            if (strncmp(argv[i], "--pattern=", 10) == 0 || strncmp(argv[i], "--bytes=", 8) == 0)
                argv[i] = (char *)"--discard";
        }
        argv[n++] = text[2];
    } else {
        snprintf(text[3], sizeof(text[3]), "--bytes=%" PRIu64, probe->bytes);
        argv[n++] = text[3]; /* in place of the arm's own */
        if (probe->method == PROBE_LARGE)
            argv[n++] = (char *)"--pattern=sequential";
        argv[n++] = probe->file;
    }
    argv[n] = NULL;
    return n;
}

static bool probe_run(struct probe *probe, const struct bench_arm *arm, bool empty, bool watched,
                      struct bench_sample *sample)
{
    struct bench *bench = probe->bench;
    static char text[4][PATH_MAX + 32];
    char *argv[ARGS_MAX + 1];
    struct bench_arm command = {.name = arm->name, .argv = argv};
    double resident, limit = probe->end - bench_now();
    int rc = 0;

    if (limit <= 0 || bench_signal)
        return false;
    probe_argv(probe, arm, empty, argv, text);
    bench->list = probe->method == PROBE_LIST ? "sample" : "list";
    rc = bench_cache_set(bench, probe->cache, &resident);
    bench->list = "list";
    *sample = (struct bench_sample){.seconds = 0};
    if (rc == 0)
        rc = bench_run(bench, &command, NULL, limit, watched, sample);
    return rc == 0 && !sample->timed_out && WIFEXITED(sample->wait_status) &&
           WEXITSTATUS(sample->wait_status) == 0;
}

/* Both arms once, on the part. */
static bool probe_turn(struct probe *probe, struct bench_arm *const arms[2], bool watched,
                       struct bench_sample samples[2])
{
    for (unsigned i = 0; i < 2; i++) {
        if (!probe_run(probe, arms[i], false, watched, &samples[i]))
            return false;
    }
    return true;
}

/* The seconds of both arms for the start and for the part. The first turn is watched, and counts
 * only where there is no time for another. */
static bool probe_both(struct probe *probe, struct bench_arm *const arms[2], double start[2],
                       double part[2], struct bench_prediction *prediction)
{
    struct bench_sample samples[2], empty;
    double seconds[2][REPEATS];
    unsigned turns = 0;

    if (!probe_turn(probe, arms, true, samples))
        return false;
    prediction->iowq = samples[1].iowq;
    if (!isnan(samples[1].bytes))
        prediction->bytes = (uint64_t)samples[1].bytes;
    for (unsigned i = 0; i < 2; i++) {
        part[i] = samples[i].seconds;
        if (!probe_run(probe, arms[i], true, false, &empty))
            return false;
        start[i] = empty.seconds;
    }
    while (turns < REPEATS && probe_turn(probe, arms, false, samples)) {
        seconds[0][turns] = samples[0].seconds;
        seconds[1][turns++] = samples[1].seconds;
    }
    for (unsigned i = 0; i < 2 && turns > 0; i++)
        part[i] = stat_quantile(seconds[i], turns, 0.5);
    return bench_signal == 0;
}

/* Bytes a second of the digest, on one processor. */
static int digest_speed(void *arg)
{
    struct digest *digest = digest_open("sha256");
    struct digest_context *context = digest_context_new();
    void *bytes = calloc(1, DIGEST_BYTES);
    uint8_t out[DIGEST_BYTES_MAX];
    double *speed = arg;

    for (unsigned i = 0; digest && context && bytes && i < DIGEST_REPEATS; i++) {
        double start = bench_now();
        if (digest_begin(context, digest) < 0 || digest_update(context, bytes, DIGEST_BYTES) < 0 ||
            digest_end(context, out) < 0)
            break;
        *speed = fmax(*speed, DIGEST_BYTES / (bench_now() - start));
    }
    free(bytes);
    digest_context_free(context);
    digest_close(digest);
    return 0;
}

/* Workers that an arm's CPU time is spread over. */
static double workers(const struct bench *bench, const struct bench_arm *arm)
{
    double jobs = bench->data.files > 1 ? cli_processors() : 1;

    for (size_t i = 0; arm->options[i]; i++) {
        if (strncmp(arm->options[i], "-j", 2) == 0)
            jobs = atoi(arm->options[i] + 2);
    }
    return fmin(fmin(jobs, cli_processors()), (double)bench->data.files);
}

/* From the part to the whole, and what the probe did not do. */
static double extrapolate(const struct probe *probe, const struct bench_arm *arm, double start,
                          double part, double digest_bytes_s)
{
    const struct bench *bench = probe->bench;
    const struct bench_data *data = &bench->data;
    double scale = probe->method == PROBE_LIST ? (double)data->files / (double)probe->files
                                               : bench_bytes(bench) / (double)probe->bytes;
    double read = fmax(part - start, 0) * scale, more = 0;

    if (bench->opts.operation == BENCH_HASH && probe->method == PROBE_LARGE)
        more = (double)data->bytes / digest_bytes_s / workers(bench, arm);
    if (bench->opts.operation == BENCH_COPY)
        more = (double)data->files * bench->create_seconds / workers(bench, arm);
    return start + (arm->ring ? fmax(read, more) : read + more);
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

/* The largest file, and how many bytes it has. */
static uint64_t choose_file(struct probe *probe)
{
    struct names0 *names;
    const char *name;
    uint64_t most = 0;
    struct stat st;
    size_t len;

    if (names0_open(&names, bench_temp(probe->bench, "list")) < 0)
        return 0;
    while (names0_next(names, &name, &len) > 0) {
        if (len >= sizeof(probe->file) || stat(name, &st) < 0 || (uint64_t)st.st_size <= most)
            continue;
        most = (uint64_t)st.st_size;
        memcpy(probe->file, name, len + 1);
    }
    names0_close(names);
    return most;
}

static bool choose_part(struct probe *probe)
{
    const struct bench *bench = probe->bench;
    const struct bench_data *data = &bench->data;

    if (bench->opts.pattern) {
        probe->method = PROBE_PATTERN;
        probe->bytes = bench->opts.pattern_bytes / PATTERN_PART;
        return choose_file(probe) > 0 && probe->bytes > 0;
    }
    if (data->bytes / data->files < large_file) {
        probe->method = PROBE_LIST;
        return take_sample(probe) && probe->files > 0;
    }
    probe->method = PROBE_LARGE;
    probe->bytes = choose_file(probe);
    if (probe->bytes > large_part)
        probe->bytes = large_part;
    return bench->opts.operation != BENCH_COPY && probe->bytes > 0;
}

void bench_predict(struct bench *bench, enum bench_cache cache)
{
    struct bench_prediction *prediction = &bench->predictions[cache];
    struct probe probe = {
        .bench = bench, .cache = cache, .end = bench_now() + budget_part * bench->opts.budget};
    double start[2] = {0}, part[2] = {0}, *speed;

    if (!choose_arms(bench, &prediction->base, &prediction->arm) || !choose_part(&probe))
        return;
    if (isatty(STDERR_FILENO))
        fprintf(stderr, "\r\033[Kprobing");
    struct bench_arm *arms[2] = {&bench->arms[prediction->base], &bench->arms[prediction->arm]};
    bool good = probe_both(&probe, arms, start, part, prediction);
    if (isatty(STDERR_FILENO))
        fprintf(stderr, "\r\033[K");
    speed = bench_shared(sizeof(*speed));
    if (good && speed && bench_in_child(digest_speed, speed) == 0) {
        prediction->base_seconds = extrapolate(&probe, arms[0], start[0], part[0], *speed);
        prediction->arm_seconds = extrapolate(&probe, arms[1], start[1], part[1], *speed);
        prediction->gain = prediction->base_seconds / prediction->arm_seconds;
        prediction->files = probe.method == PROBE_LIST ? probe.files : 0;
        prediction->made = isfinite(prediction->gain);
        /* said before anything is measured; the report says how far off it was */
        if (isatty(STDERR_FILENO) && prediction->made)
            fprintf(stderr, "%s: a short probe says: %s will be %.2f times as fast as %s\n",
                    cache == BENCH_COLD ? "cold" : "warm", arms[1]->name, prediction->gain,
                    arms[0]->name);
    }
    bench_unshare(speed, sizeof(*speed));
}
