/* abench.c: compares blocking calls and io_uring on one's own storage and files: the sequence of
 * the steps. */
#define _GNU_SOURCE
#include "context.h"
#include "options.h"
#include "measure/arm.h"
#include "measure/cache.h"
#include "measure/child.h"
#include "measure/copies.h"
#include "measure/data.h"
#include "measure/device.h"
#include "measure/left.h"
#include "measure/probe.h"
#include "measure/run.h"
#include "measure/sweep.h"
#include "measure/verify.h"
#include "report/compare.h"
#include "report/interference.h"
#include "report/report.h"
#include "report/summary.h"
#include "lesson/lesson.h"
#include "../cli/atomic.h"
#include "../cli/messages.h"
#include "../cli/quote.h"
#include "../cli/signals.h"

#include <assert.h>
#include <errno.h>
#include <gsl/gsl_randist.h>
#include <gsl/gsl_rng.h>
#include <jansson.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <unistd.h>

static struct bench bench;
static gsl_rng *rng; /* source of the order of the arms */
static pid_t owner;  /* process that removes the temporary directories: not a fork */

static void clean_up(void)
{
    static const char *const names[] = {"list", "sample",    "manifest", "out",
                                        "err",  "reference", "plot"};

    if (getpid() != owner)
        return;
    child_signals_hold();
    copies_remove(&bench);
    if (bench.temp_dir[0]) {
        if (bench.opts.lesson)
            lesson_clean_up(&bench);
        for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
            unlink(bench_temp(&bench, names[i]));
        rmdir(bench.temp_dir);
        bench.temp_dir[0] = '\0';
    }
    arms_free(&bench);
    sweep_free(&bench.sweep);
    json_decref(bench.older);
    bench.older = NULL;
    free(bench.compared);
    bench.compared = NULL;
    if (rng)
        gsl_rng_free(rng);
    rng = NULL;
    for (size_t i = 0; i < bench.data.n_paths; i++)
        free(bench.data.paths[i]);
    free(bench.data.paths);
    free(bench.opts.commands);
    bench.data.paths = NULL;
    bench.opts.commands = NULL;
    for (size_t i = 0; i < bench.n_warnings; i++)
        free(bench.warnings[i]);
    bench.data.n_paths = bench.n_warnings = 0;
}

/* Ends the program by the signal that came, if any, as a shell expects. */
static void end_if_interrupted(void)
{
    int signum = child_signal;

    if (!signum)
        return;
    clean_up();
    cli_end_by_signal(signum);
}

static double elapsed(void)
{
    return bench_now() - bench.start;
}

/* Runs one arm, verifies it and keeps the sample. Returns false if no other arm can run. */
static bool measure_arm(struct bench_arm *arm, enum bench_cache cache, unsigned round,
                        unsigned position)
{
    struct bench_sample *sample = &arm->samples[arm->n_samples];
    char path[PATH_MAX], *dest = NULL;
    /* a run can take longer than expected, but not for any time */
    double limit = 2 * bench.opts.budget - elapsed();
    int rc = 0;

    assert(arm->n_samples < 2 * (size_t)bench.opts.rounds); /* of both states */
    *sample = (struct bench_sample){.cache = cache, .round = round, .position = position};
    if (isatty(STDERR_FILENO))
        fprintf(stderr, "\r\033[Kround %u of %u: %s", round, bench.opts.rounds, arm->name);
    if (bench.opts.operation == BENCH_COPY) {
        dest = path;
        rc = copies_next(&bench, path);
        if (rc == 0)
            rc = copies_sync(&bench);
    }
    if (rc == 0)
        rc = cache_prepare(&bench, cache, &sample->resident);
    if (rc == 0)
        rc = run_arm(&bench, arm, dest, limit > 1 ? limit : 1, false, sample);
    if (isatty(STDERR_FILENO))
        fputs("\r\033[K", stderr);
    end_if_interrupted();
    if (rc < 0) {
        cli_message(-rc, "cannot run arm %s", arm->name);
        bench.failed = true;
        return false;
    }
    sample->check = verify_run(&bench, arm, sample, dest);
    end_if_interrupted();
    arm->n_samples++;
    if (sample->check == CHECK_FAILED || sample->check == CHECK_DIFFERS)
        bench.failed = true;
    return !sample->timed_out;
}

static bool run_round(enum bench_cache cache, unsigned round)
{
    size_t order[BENCH_ARMS_MAX] = {0};

    for (size_t i = 0; i < bench.n_arms; i++)
        order[i] = i;
    gsl_ran_shuffle(rng, order, bench.n_arms, sizeof(*order));
    for (size_t i = 0; i < bench.n_arms; i++) {
        struct bench_arm *arm = &bench.arms[order[i]];
        if (arm_runs(arm) && !measure_arm(arm, cache, round, (unsigned)i + 1))
            return false;
    }
    return true;
}

/* Returns true if the copies of another round would replace earlier ones. Their deletion slows down
 * the next copies, so only requested rounds do that. */
static bool copies_full(void)
{
    return bench.opts.operation == BENCH_COPY &&
           !copies_have_room(&bench, bench.copy_next - bench.copy_first + bench.n_arms);
}

/* Runs rounds until the intervals are narrow, all rounds are done, or the next would end after end.
 */
static void run_rounds(enum bench_cache cache, double end)
{
    double longest = 0;

    for (unsigned round = 1; round <= bench.opts.rounds; round++) {
        double start = elapsed(), removal = 0;
        if (round > bench.opts.rounds_min) {
            bench.precise[cache] = summary_precise(&bench, cache);
            if (bench.precise[cache] || copies_full())
                return;
        }
        if (bench.opts.operation == BENCH_COPY)
            removal = bench.removal_seconds *
                      (double)(bench.copy_next - bench.copy_first + bench.n_arms);
        if (round > 1 && start + longest + removal > end) {
            bench.timed_out[cache] = true;
            return;
        }
        if (!run_round(cache, round)) {
            bench.timed_out[cache] = true;
            return;
        }
        bench.rounds_done[cache] = round;
        longest = fmax(longest, elapsed() - start);
    }
}

static void find_programs(void)
{
    char *slash, *path;
    ssize_t len = readlink("/proc/self/exe", bench.bin_dir, sizeof(bench.bin_dir) - 1);

    if (len >= 0)
        bench.bin_dir[len] = '\0';
    else if (!realpath((const char *)getauxval(AT_EXECFN), bench.bin_dir)) /* without /proc */
        cli_fatal(errno, "cannot find acp, ahash and acat");
    slash = strrchr(bench.bin_dir, '/');
    if (slash)
        *slash = '\0';
    /* for the user's arms; last, because the programs can be installed there as cp and cat */
    if (asprintf(&path, "%s:%s", getenv("PATH") ? getenv("PATH") : "/usr/bin:/bin", bench.bin_dir) <
        0)
        cli_fatal(0, "memory exhausted");
    setenv("PATH", path, 1);
    free(path);
}

/* Runs each program once, to check that it exists and to have it cached for all arms. */
static void check_programs(void)
{
    for (size_t i = 0; i < bench.n_arms; i++) {
        char *argv[] = {NULL, (char *)"--version", NULL};
        if (!bench.arms[i].argv)
            continue;
        argv[0] = bench.arms[i].argv[0];
        if (child_command(argv, true) != 0)
            cli_fatal(0, "cannot run %s", cli_quote(argv[0]));
    }
}

static void prepare_place(void)
{
    const char *base = getenv("TMPDIR");

    bench.start = bench_now();
    bench.list = "list";
    owner = getpid();
    atexit(clean_up);
    child_signals_catch();
    left_adopt();
    find_programs();
    if (snprintf(bench.temp_dir, sizeof(bench.temp_dir), "%s/abench.XXXXXX",
                 base && *base ? base : "/tmp") >= (int)sizeof(bench.temp_dir) ||
        !mkdtemp(bench.temp_dir)) {
        bench.temp_dir[0] = '\0';
        cli_fatal(errno, "cannot create a temporary directory");
    }
}

static void prepare(void)
{
    rng = gsl_rng_alloc(gsl_rng_mt19937);
    if (!rng)
        cli_fatal(0, "memory exhausted");
    gsl_rng_set(rng, bench.opts.seed);
    arms_init(&bench);
    check_programs();
    end_if_interrupted();
    if (!data_collect(&bench)) {
        end_if_interrupted();
        cli_fatal(0, "nothing was measured: some files cannot be read");
    }
    if (bench.data.files == 0)
        cli_fatal(0, "%s: no regular files to measure", cli_quote_maybe(bench.data.paths[0]));
    if (bench.opts.operation == BENCH_COPY)
        copies_init(&bench);
    bench.data.prepare_seconds = elapsed();
}

/* Opens a report's file, which appears when it is complete. Returns NULL for standard output. */
static struct cli_atomic *open_output(const char *path, FILE **out)
{
    struct cli_atomic *file = NULL;
    int rc = strcmp(path, "-") == 0 ? 0 : cli_atomic_open(&file, path);

    if (rc < 0)
        cli_fatal(-rc, "%s", cli_quote_maybe(path));
    *out = file ? cli_atomic_stream(file) : stdout;
    return file;
}

/* Closes a report's file, or discards it if rc is an error, and ends the program on errors. */
static void close_output(struct cli_atomic *file, const char *path, int rc)
{
    int error = errno;

    if (rc < 0)
        cli_atomic_discard(file);
    else if (file && (rc = cli_atomic_commit(file)) < 0)
        error = -rc;
    if (rc < 0) {
        end_if_interrupted(); /* of a closed pipe */
        cli_fatal(error, "error writing %s", cli_quote(path));
    }
}

static void report(const struct machine *machine)
{
    const struct bench_options *opts = &bench.opts;
    bool taken = (opts->json && strcmp(opts->json, "-") == 0) ||
                 (opts->csv && strcmp(opts->csv, "-") == 0);
    FILE *out;

    if (!taken)
        (opts->details ? report_table : report_screen)(stdout, &bench, machine);
    if (bench.compared)
        fputs(bench.compared, taken ? stderr : stdout);
    if (opts->json) {
        struct cli_atomic *file = open_output(opts->json, &out);
        close_output(file, opts->json, report_json(out, &bench, machine));
    }
    if (opts->csv) {
        struct cli_atomic *file = open_output(opts->csv, &out);
        report_csv(out, &bench);
        close_output(file, opts->csv, 0);
    }
    if (opts->plot)
        report_plot(&bench);
    /* before the removal of the copies, which takes a while; errors are found at the close */
    if (fflush(stdout) != 0)
        cli_stdout_failed();
    end_if_interrupted();
}

static void measure(enum bench_cache cache, double end)
{
    if (!bench.opts.no_probe)
        probe_predict(&bench, cache);
    end_if_interrupted();
    run_rounds(cache, end);
}

static void measure_all(void)
{
    static struct interference before, after;

    interference_read(&before);
    if (bench.opts.cold)
        measure(BENCH_COLD, bench.opts.warm ? bench.opts.budget / 2 : bench.opts.budget);
    if (bench.opts.warm)
        measure(BENCH_WARM, bench.opts.budget);
    interference_read(&after);
    interference_name(&bench, &before, &after);
}

static int lesson_main(void)
{
    struct lesson lesson = {.bench = &bench};
    const char *json = bench.opts.json;
    int rc;

    prepare_place();
    rc = lesson_measure(&lesson);
    end_if_interrupted();
    if (rc < 0)
        exit(EXIT_FAILURE);
    if (!json || strcmp(json, "-") != 0)
        lesson_print(stdout, &lesson);
    if (json) {
        FILE *out;
        struct cli_atomic *file = open_output(json, &out);
        close_output(file, json, lesson_json(out, &lesson));
    }
    fflush(stdout);
    end_if_interrupted();
    clean_up();
    cli_close_stdout();
    return 0;
}

int main(int argc, char **argv)
{
    struct machine machine;

    cli_start(argv);
    signal(SIGCHLD, SIG_DFL); /* if it were ignored, the statuses of children would be lost */
    options_parse(&bench, argc, argv);
    if (bench.opts.lesson)
        return lesson_main();
    if (bench.opts.plot)
        report_plot_require();
    if (bench.opts.compare)
        compare_load(&bench);
    machine_read(&machine, bench.data.paths[0]);
    device_find(&bench, machine.device);
    prepare_place();
    prepare();
    machine_warn_before(&bench, &machine);
    measure_all();
    machine_warn_after(&bench, &machine);
    if (bench.opts.compare)
        compare_run(&bench, &machine);
    report(&machine);
    clean_up();
    cli_close_stdout();
    return bench.failed || bench.regressed ? 1 : 0;
}
