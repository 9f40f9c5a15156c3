/* lesson.c: abench lesson: shows on slow and on fast files what a ring can do and what it cannot.
 */
#define _GNU_SOURCE
#include "lesson.h"
#include "delay_files.h"
#include "../measure/child.h"
#include "../measure/processors.h"
#include "../measure/run.h"
#include "../stat.h"
#include "../../../core/base/limits.h"
#include "../../../core/engine.h"
#include "../../cli/messages.h"
#include "../../cli/quote.h"
#include "../../cli/sizes.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
    /* files that are read without waiting: enough for a tenth of a second */
    CPU_BOUND_FILES = 8,
    CPU_BOUND_FILE_BYTES = 16 * 1024 * 1024,
    CPU_BOUND_ROUNDS = 5,
    LIMIT_SECONDS = 60,
    OPTIONS_MAX = 4,
};

static char *argv[DELAY_FILES + OPTIONS_MAX + 4];

static const char *cpu_bound_path(const struct bench *bench, unsigned index)
{
    char name[32];

    snprintf(name, sizeof(name), "busy-%u", index);
    return bench_temp(bench, name);
}

/* Returns 0, or -1 after a message. */
static int cpu_bound_make(const struct bench *bench)
{
    static char bytes[1024 * 1024];
    int error = 0;

    memset(bytes, 'x', sizeof(bytes)); /* not zeros, of which a filesystem may make a hole */
    for (unsigned i = 0; i < CPU_BOUND_FILES && error == 0; i++) {
        const char *path = cpu_bound_path(bench, i);
        int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
        for (size_t at = 0; fd >= 0 && at < CPU_BOUND_FILE_BYTES && error == 0;
             at += sizeof(bytes)) {
            ssize_t n = write(fd, bytes, sizeof(bytes));
            error = n == sizeof(bytes) ? 0 : n < 0 ? errno : ENOSPC;
        }
        if (fd < 0)
            error = errno;
        else
            close(fd);
        if (error != 0)
            cli_message(error, "error writing %s", cli_quote(path));
    }
    return error == 0 ? 0 : -1;
}

void lesson_clean_up(const struct bench *bench)
{
    delay_files_remove(bench);
    for (unsigned i = 0; i < CPU_BOUND_FILES; i++)
        unlink(cpu_bound_path(bench, i));
}

/* Runs a command with its options on files that path names, and keeps its costs. Returns as
 * lesson_measure. */
static int run(struct lesson *lesson, struct lesson_runs *runs, const char *name,
               const char *program, char *const *options, unsigned files,
               const char *(*path)(const struct bench *, unsigned))
{
    struct bench *bench = lesson->bench;
    struct lesson_run *result = &runs->run[runs->n++];
    struct bench_arm arm = {.name = result->name, .argv = argv};
    char command[PATH_MAX + 16];
    size_t n = 0, first;
    pid_t server = 0;
    int rc;

    assert(runs->n <= LESSON_RUNS_MAX && files <= DELAY_FILES);
    snprintf(result->name, sizeof(result->name), "%s", name);
    snprintf(command, sizeof(command), "%s/%s", bench->bin_dir, program);
    argv[n++] = command;
    while (*options)
        argv[n++] = *options++;
    argv[n++] = (char *)"--stats=json";
    first = n;
    for (unsigned i = 0; i < files; i++) {
        argv[n] = strdup(path(bench, i));
        if (!argv[n++])
            cli_fatal(0, "memory exhausted");
    }
    argv[n] = NULL;
    rc = path == delay_files_path ? delay_files_start(bench, files, &server) : 0;
    if (rc == 0)
        rc = run_arm(bench, &arm, NULL, LIMIT_SECONDS, path == delay_files_path, &result->sample);
    delay_files_end(server);
    while (n > first)
        free(argv[--n]);
    if (rc == 0 && WIFEXITED(result->sample.wait_status) &&
        WEXITSTATUS(result->sample.wait_status) == 0)
        return 0;
    if (!child_signal)
        cli_message(-rc, "%s %s failed", program, name);
    return -1;
}

static void set_ratios(struct lesson_runs *runs)
{
    for (size_t i = 0; i < runs->n; i++)
        runs->run[i].ratio = runs->run[0].sample.seconds / runs->run[i].sample.seconds;
}

void lesson_take(struct bench_options *opts, char **operands)
{
    if (operands[0] && cli_parse_count(operands[0], LESSON_COST, &opts->lesson_number) < 0) {
        cli_message(0, "unknown lesson %s; expected a number from 1 to %d", cli_quote(operands[0]),
                    LESSON_COST);
        cli_try_help();
    }
    if (operands[0] && operands[1])
        cli_fatal(0, "extra operand %s", cli_quote(operands[1]));
    if (opts->source && !lesson_source(opts->lesson_number))
        cli_fatal(0, "--source needs the number of a lesson from 1 to %d", LESSON_BLOCKED);
    if (opts->json && opts->lesson_number > 0)
        cli_fatal(0, "--json cannot be combined with the number of a lesson");
}

bool lesson_wanted(const struct lesson *lesson, unsigned number)
{
    unsigned only = lesson->bench->opts.lesson_number;

    return only == 0 || only == number;
}

/* Tells on a terminal what is measured now, since it takes a while. */
static void say(struct lesson *lesson, const char *what)
{
    lesson->bench->stage = what;
    cli_status("%s", what);
}

/* Ends a lesson whose measurement has failed. Returns as lesson_measure. */
static int failed(int rc, const char *what)
{
    if (rc == 0)
        return 0;
    if (!child_signal)
        cli_message(-rc, "cannot measure %s", what);
    return -1;
}

static int two_reads_lesson(struct lesson *lesson)
{
    /* in order, one file after the other: otherwise the blocking engine polls FIFOs, too */
    char *sync[] = {(char *)"--engine=sync", (char *)"--block-size=64K", NULL};
    char *uring[] = {(char *)"--discard", (char *)"--engine=uring", (char *)"--block-size=64K",
                     NULL};
    int rc;

    say(lesson, "lesson 1 of 6: two reads");
    if (run(lesson, &lesson->two, "sync", "acat", sync, 2, delay_files_path) < 0 ||
        run(lesson, &lesson->two, "uring", "acat", uring, 2, delay_files_path) < 0)
        return -1;
    set_ratios(&lesson->two);
    rc = blocked_measure(lesson->bench, "sync", 2, false, &lesson->two_sync);
    if (rc == 0)
        rc = blocked_measure(lesson->bench, "uring", 2, false, &lesson->two_uring);
    return failed(rc, "two reads");
}

static int overlap_lesson(struct lesson *lesson)
{
    int rc;

    say(lesson, "lesson 2 of 6: work while a read waits");
    rc = overlap_measure(lesson->bench, "sync", &lesson->sync);
    if (rc == 0)
        rc = overlap_measure(lesson->bench, "uring", &lesson->uring);
    return failed(rc, "the overlap with a waiting read");
}

static int many_lesson(struct lesson *lesson)
{
    char jobs[16], depth[32];
    char *threads[] = {(char *)"--discard", (char *)"--engine=sync", (char *)"--block-size=64K",
                       jobs, NULL};
    char *deep[] = {(char *)"--discard", (char *)"--engine=uring", (char *)"--block-size=64K",
                    depth, NULL};

    say(lesson, "lesson 3 of 6: 64 reads");
    snprintf(jobs, sizeof(jobs), "-j%d", DELAY_FILES);
    snprintf(depth, sizeof(depth), "--depth=%d", DELAY_FILES);
    if (run(lesson, &lesson->many, "64 threads", "acat", threads, DELAY_FILES, delay_files_path) <
            0 ||
        run(lesson, &lesson->many, "one ring", "acat", deep, DELAY_FILES, delay_files_path) < 0)
        return -1;
    set_ratios(&lesson->many);
    return 0;
}

static int blocked_lesson(struct lesson *lesson)
{
    int rc;

    say(lesson, "lesson 5 of 6: a blocking call in the thread of a ring");
    rc = blocked_measure(lesson->bench, "uring", DELAY_FILES - 1, false, &lesson->alone);
    if (rc == 0)
        rc = blocked_measure(lesson->bench, "uring", DELAY_FILES - 1, true, &lesson->blocked);
    return failed(rc, "a blocking call in the thread of a ring");
}

/* Runs rounds of four commands, and takes each one's median. */
static int cpu_bound_lesson(struct lesson *lesson)
{
    char jobs[16];
    char *const options[LESSON_RUNS_MAX][OPTIONS_MAX] = {
        {(char *)"--engine=sync", (char *)"-j1", NULL},
        {(char *)"--engine=uring", (char *)"-j1", NULL},
        {(char *)"--engine=sync", jobs, NULL},
        {(char *)"--engine=uring", jobs, NULL},
    };
    double seconds[LESSON_RUNS_MAX][CPU_BOUND_ROUNDS];
    char names[LESSON_RUNS_MAX][32] = {"sync", "uring"};

    say(lesson, "lesson 4 of 6: work that does not wait");
    snprintf(jobs, sizeof(jobs), "-j%u", limits_processors());
    snprintf(names[2], sizeof(names[2]), "sync %s", jobs);
    snprintf(names[3], sizeof(names[3]), "uring %s", jobs);
    if (cpu_bound_make(lesson->bench) < 0)
        return -1;
    for (unsigned round = 0; round < CPU_BOUND_ROUNDS; round++) {
        lesson->cpu_bound.n = 0;
        for (unsigned i = 0; i < LESSON_RUNS_MAX; i++) {
            if (run(lesson, &lesson->cpu_bound, names[i], "ahash", options[i], CPU_BOUND_FILES,
                    cpu_bound_path) < 0)
                return -1;
            seconds[i][round] = lesson->cpu_bound.run[i].sample.seconds;
        }
    }
    for (unsigned i = 0; i < LESSON_RUNS_MAX; i++)
        lesson->cpu_bound.run[i].sample.seconds = stat_quantile(seconds[i], CPU_BOUND_ROUNDS, 0.5);
    set_ratios(&lesson->cpu_bound);
    return 0;
}

int lesson_measure(struct lesson *lesson)
{
    static int (*const measure[])(struct lesson *) = {
        [LESSON_TWO] = two_reads_lesson,   [LESSON_OVERLAP] = overlap_lesson,
        [LESSON_MANY] = many_lesson,       [LESSON_COMPUTING] = cpu_bound_lesson,
        [LESSON_BLOCKED] = blocked_lesson,
    };
    struct processors before;
    const char *why = NULL;
    int error = 0;

    if (!engine_find("uring", NULL, &why, &error))
        cli_fatal(0, "the lessons need io_uring: %s", why ? why : strerror(-error));
    error = delay_files_make(lesson->bench, &lesson->no_fuse);
    if (error < 0)
        cli_fatal(-error, "cannot create slow files");
    processors_read(&before);
    for (unsigned i = LESSON_TWO; i <= LESSON_BLOCKED; i++)
        if (lesson_wanted(lesson, i)) {
            if (measure[i](lesson) < 0)
                return -1;
            lesson->done = i;
            processors_take(&before, &lesson->around);
        }
    lesson->done = LESSON_COST;
    lesson->bench->stage = "";
    cli_status_clear();
    return 0;
}
