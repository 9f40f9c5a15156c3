/* abench.c: compares blocking calls and io_uring on one's own storage and files: the sequence of
 * the steps. */
#define _GNU_SOURCE
#include "context.h"
#include "ended.h"
#include "options.h"
#include "outputs.h"
#include "rounds.h"
#include "measure/arm.h"
#include "measure/child.h"
#include "measure/commands.h"
#include "measure/copies.h"
#include "measure/data.h"
#include "measure/device.h"
#include "measure/guard.h"
#include "measure/hooks.h"
#include "measure/left.h"
#include "measure/place.h"
#include "measure/probe.h"
#include "measure/programs.h"
#include "measure/sample.h"
#include "measure/sweep.h"
#include "measure/target.h"
#include "report/answer.h"
#include "report/compare.h"
#include "report/interference.h"
#include "report/report.h"
#include "report/summary.h"
#include "lesson/lesson.h"
#include "../cli/atomic.h"
#include "../cli/messages.h"
#include "../cli/quote.h"
#include "../cli/signals.h"

#include <errno.h>
#include <jansson.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { STATUS_ARM_FAILED = 1, STATUS_TROUBLE, STATUS_REGRESSION, STATUS_NO_ANSWER };

static struct bench bench;
static pid_t owner; /* process that removes the temporary directories: not a fork */

static void clean_up(void)
{
    static const char *const names[] = {"list",      "list.new", "below",   "sample",
                                        "operands",  "manifest", "out",     "err",
                                        "reference", "plot",     PLACE_MARK};

    if (getpid() != owner)
        return;
    child_signals_hold();
    bench.left_behind = copies_remove(&bench) < 0;
    target_remove(&bench);
    (void)hooks_cleanup(&bench);
    if (bench.temp_dir[0]) {
        if (bench.opts.lesson)
            lesson_clean_up(&bench);
        for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
            unlink(bench_temp(&bench, names[i]));
        rmdir(bench.temp_dir);
        bench.temp_dir[0] = '\0';
    }
    rounds_free();
    arms_free(&bench);
    sweep_free(&bench.sweep);
    json_decref(bench.older);
    bench.older = NULL;
    free(bench.compared);
    bench.compared = NULL;
    for (size_t i = 0; i < bench.data.n_paths; i++)
        free(bench.data.paths[i]);
    free(bench.data.paths);
    free(bench.opts.commands);
    free(bench.opts.command_line);
    bench.data.paths = NULL;
    bench.opts.commands = NULL;
    bench.opts.command_line = NULL;
    for (size_t i = 0; i < bench.n_warnings; i++)
        free(bench.warnings[i]);
    bench.data.n_paths = bench.n_warnings = 0;
}

/* Ends the program by the signal that came, if any, as a shell expects, and says how far it was. */
static void end_if_interrupted(void)
{
    int signum = child_signal;
    char *line;

    if (!signum)
        return;
    line = ended_line(&bench, signum);
    cli_status_clear();
    if (line)
        cli_message(0, "%s", line);
    clean_up();
    if (line && !bench.left_behind)
        cli_message(0, "all that it had made is removed");
    free(line);
    cli_end_by_signal(signum);
}

static void expect_results(void)
{
    bench.stage = "computing the digests to expect";
    if (!data_expect(&bench)) {
        end_if_interrupted();
        cli_fatal(0, "nothing was measured: the files cannot be read");
    }
}

static void prepare_place(void)
{
    const char *tmpdir = getenv("TMPDIR"), *base = tmpdir && *tmpdir ? tmpdir : "/tmp";
    int rc;

    bench.start = bench_now();
    clock_gettime(CLOCK_REALTIME, &bench.begun);
    bench.list = "list";
    owner = getpid();
    atexit(clean_up);
    guard_start();
    child_signals_catch();
    if (!bench.opts.setup) /* which may make their directory */
        outputs_try(&bench.opts);
    end_if_interrupted();
    left_adopt();
    programs_find(&bench);
    place_sweep(base);
    rc = place_make(base, bench.temp_dir);
    if (rc < 0) {
        bench.temp_dir[0] = '\0';
        cli_fatal(-rc, "cannot create a temporary directory in %s", cli_quote(base));
    }
}

static void prepare(void)
{
    bench.stage = "the command of --setup ran";
    if (hooks_setup(&bench) < 0) {
        end_if_interrupted();
        exit(STATUS_TROUBLE);
    }
    outputs_try(&bench.opts);
    arms_init(&bench);
    programs_check(&bench);
    end_if_interrupted();
    bench.stage = "listing the files";
    if (!data_collect(&bench)) {
        end_if_interrupted();
        cli_fatal(0, "nothing was measured: the files cannot be found");
    }
    if (bench.data.files == 0)
        cli_fatal(0, "%s: no regular files to measure%s", cli_quote_maybe(bench.data.paths[0]),
                  bench.data.unreadable > 0 ? " that can be read" : "");
    if (bench.opts.operation == BENCH_COPY)
        copies_init(&bench);
    if (bench.opts.compare)
        compare_check(&bench);
    bench.data.prepare_seconds = bench_now() - bench.start;
}

/* Errors are reported at the close, which does not know the reason any more. */
static void flush_stdout(void)
{
    if (fflush(stdout) != 0)
        cli_stdout_failed();
}

static struct cli_atomic *open_output(const char *path, FILE **out)
{
    struct cli_atomic *file;
    int reader;

    flush_stdout(); /* a FIFO may wait long for its reader */
    reader = outputs_wait(path);
    end_if_interrupted();
    file = outputs_open(path, out);
    if (reader >= 0)
        close(reader);
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
                 (opts->csv && strcmp(opts->csv, "-") == 0) ||
                 (opts->markdown && strcmp(opts->markdown, "-") == 0) ||
                 (opts->html && strcmp(opts->html, "-") == 0);
    FILE *out;

    if (!taken)
        (opts->details ? report_table : report_screen)(stdout, &bench, machine);
    if (bench.compared)
        compare_print(taken ? stderr : stdout, &bench);
    if (opts->json) {
        struct cli_atomic *file = open_output(opts->json, &out);
        close_output(file, opts->json, report_json(out, &bench, machine));
    }
    if (opts->csv) {
        struct cli_atomic *file = open_output(opts->csv, &out);
        report_csv(out, &bench);
        close_output(file, opts->csv, 0);
    }
    if (opts->markdown) {
        struct cli_atomic *file = open_output(opts->markdown, &out);
        report_markdown(out, &bench, machine);
        close_output(file, opts->markdown, 0);
    }
    if (opts->html) {
        struct cli_atomic *file = open_output(opts->html, &out);
        report_html(out, &bench, machine);
        close_output(file, opts->html, 0);
    }
    if (opts->plot)
        report_plot(&bench);
    /* before the removal of the copies, which takes a while */
    flush_stdout();
    end_if_interrupted();
}

/* Predicts the gain in each state, takes a sample if the time limit requires it, and computes the
 * expected results of what will be measured. */
static void choose_data(void)
{
    int rc = 0;

    bench.stage = "probing";
    for (unsigned cache = BENCH_COLD; cache <= BENCH_WARM && !bench.opts.no_probe; cache++) {
        if (!(cache == BENCH_COLD ? bench.opts.cold : bench.opts.warm))
            continue;
        do {
            probe_predict(&bench, cache);
            end_if_interrupted();
        } while ((rc = sample_for_probe(&bench, cache)) > 0);
    }
    if (rc == 0)
        rc = sample_choose(&bench);
    if (rc < 0)
        cli_fatal(-rc, "cannot take a sample of the files");
    expect_results();
}

static void measure_all(void)
{
    static struct interference before, after;

    choose_data();
    interference_read(&before);
    if (bench.opts.cold)
        rounds_run(&bench, BENCH_COLD, bench.opts.warm ? bench.opts.budget / 2 : bench.opts.budget);
    if (bench.opts.warm && !child_signal)
        rounds_run(&bench, BENCH_WARM, bench.opts.budget);
    sample_warn(&bench);
    interference_read(&after);
    interference_name(&bench, &before, &after);
    /* the first SIGINT ends the rounds, and the second one the report on them */
    if (child_signal == SIGINT &&
        bench.rounds_done[BENCH_COLD] + bench.rounds_done[BENCH_WARM] > 0) {
        bench.interrupted = true;
        child_signals_again();
    }
    end_if_interrupted();
    bench.reporting = true;
}

/* Returns the exit status of a bench that was reported. */
static int exit_status(void)
{
    if (bench.failed)
        return STATUS_ARM_FAILED;
    if (!summary_any(&bench, BENCH_COLD) && !summary_any(&bench, BENCH_WARM))
        return STATUS_TROUBLE;
    if (bench.regressed)
        return STATUS_REGRESSION;
    for (unsigned cache = BENCH_COLD; cache <= BENCH_WARM && bench.opts.require_answer; cache++) {
        if ((cache == BENCH_COLD ? bench.opts.cold : bench.opts.warm) &&
            answer_unknown(&bench, cache))
            return STATUS_NO_ANSWER;
    }
    return EXIT_SUCCESS;
}

static int lesson_main(void)
{
    struct lesson lesson = {.bench = &bench};
    const char *json = bench.opts.json;
    int rc;

    if (bench.opts.source) {
        fputs(lesson_source(bench.opts.lesson_number), stdout);
        cli_close_stdout();
        return 0;
    }
    prepare_place();
    rc = lesson_measure(&lesson);
    if ((child_signal == SIGINT || (rc < 0 && !child_signal)) && lesson.done > 0 && !json)
        lesson_print(stdout, &lesson); /* those that were measured */
    flush_stdout();
    end_if_interrupted();
    if (rc < 0)
        exit(STATUS_TROUBLE);
    bench.reporting = true;
    if (!json || strcmp(json, "-") != 0)
        lesson_print(stdout, &lesson);
    if (json) {
        FILE *out;
        struct cli_atomic *file = open_output(json, &out);
        close_output(file, json, lesson_json(out, &lesson));
    }
    flush_stdout();
    end_if_interrupted();
    clean_up();
    cli_close_stdout();
    return 0;
}

int main(int argc, char **argv)
{
    struct machine machine;
    int status;

    cli_exit_failure = STATUS_TROUBLE;
    cli_start(argv);
    signal(SIGCHLD, SIG_DFL); /* if it were ignored, the statuses of children would be lost */
    options_parse(&bench, argc, argv);
    bench.stage = bench.opts.lesson ? "the preparation" : "preparing";
    if (bench.opts.lesson)
        return lesson_main();
    if (bench.opts.plot)
        report_plot_require();
    if (bench.opts.compare)
        compare_load(&bench);
    prepare_place();
    bench.stage = "writing the file to use";
    target_make(&bench);
    end_if_interrupted();
    machine_read(&machine, bench.data.paths[0]);
    device_find(&bench, machine.number);
    prepare();
    machine_warn_before(&bench, &machine);
    measure_all();
    machine_warn_after(&bench, &machine);
    if (bench.opts.compare)
        compare_run(&bench, &machine);
    report(&machine);
    status = exit_status();
    clean_up();
    if (bench.interrupted)
        cli_end_by_signal(SIGINT);
    cli_close_stdout();
    return status;
}
