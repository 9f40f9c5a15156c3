/* lesson.h: what abench lesson's parts share. */
#ifndef CMD_ABENCH_LESSON_H
#define CMD_ABENCH_LESSON_H

#include "../context.h"
#include "overlap.h"

#include <stdio.h>

enum { LESSON_RUNS_MAX = 4 };

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

struct lesson {
    struct bench *bench;
    const char *no_fuse; /* why the slow files are FIFOs; NULL: they are not */
    struct lesson_runs two, many, cpu_bound;
    struct overlap sync, uring;
};

/* -- lesson.c -- */
/* Returns 0, or -1 after a message, without one if a signal came to end abench. */
int lesson_measure(struct lesson *lesson);
void lesson_clean_up(const struct bench *bench);

/* -- report.c -- */
void lesson_print(FILE *out, const struct lesson *lesson);
int lesson_json(FILE *out, const struct lesson *lesson); /* 0, or -1 */

#endif
