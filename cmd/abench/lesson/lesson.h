/* lesson.h: what abench lesson's parts share. */
#ifndef CMD_ABENCH_LESSON_H
#define CMD_ABENCH_LESSON_H

#include "../abench.h"

enum {
    SLOW_FILES = 64,
    SLOW_BYTES = 4096,
    SLOW_MS = 100,
    LESSON_RUNS_MAX = 4,
};

/* One command of a lesson, as it went. */
struct lesson_run {
    char name[32];
    struct bench_sample sample;
    double ratio; /* the first one's seconds / its own */
};

struct lesson_runs {
    struct lesson_run run[LESSON_RUNS_MAX];
    size_t n;
};

/* What an engine did while one read waited. */
struct lesson_meanwhile {
    double seconds;        /* of all */
    uint64_t files, bytes; /* digested before the slow file's end */
};

struct lesson {
    struct bench *bench;
    const char *no_fuse; /* why the slow files are FIFOs; NULL: they are not */
    struct lesson_runs two, many, busy;
    struct lesson_meanwhile sync, uring;
};

/* -- lesson.c -- */
void lesson_measure(struct lesson *lesson); /* exits where it cannot */
void lesson_clean_up(const struct bench *bench);

/* -- delay_files.c -- */
const char *slow_path(const struct bench *bench, unsigned index);
/* SLOW_FILES of them. *why: what spoke against FUSE, or NULL. Returns 0 or -errno. */
int slow_make(const struct bench *bench, const char **why);
void slow_remove(const struct bench *bench);
/* Serves the first count files, each to one reader. slow_end takes what it returned. */
pid_t slow_start(const struct bench *bench, unsigned count);
void slow_end(pid_t server);

/* -- overlap.c -- */
/* Digests a slow file and then many others with one worker of the engine, and counts. Returns 0 or
 * -errno. */
int meanwhile_measure(const struct bench *bench, const char *engine,
                      struct lesson_meanwhile *meanwhile);

/* -- report.c -- */
void lesson_print(FILE *out, const struct lesson *lesson);
int lesson_json(FILE *out, const struct lesson *lesson); /* 0, or -1 */

#endif
