/* lesson.h: the data of abench lesson. */
#ifndef CMD_ABENCH_LESSON_H
#define CMD_ABENCH_LESSON_H

#include "../context.h"
#include "blocked.h"
#include "overlap.h"

#include <stdio.h>

enum { LESSON_RUNS_MAX = 4 };

/* The lessons; the last one has nothing to measure. */
enum { LESSON_TWO = 1, LESSON_OVERLAP, LESSON_MANY, LESSON_COMPUTING, LESSON_BLOCKED, LESSON_COST };

/* One command of a lesson, and its run. */
struct lesson_run {
    char name[32];
    struct bench_sample sample;
    double ratio; /* seconds of the first command / of this one */
};

struct lesson_runs {
    struct lesson_run run[LESSON_RUNS_MAX];
    size_t n;
};

struct lesson {
    struct bench *bench;
    unsigned done;       /* number of the last lesson that was measured; 0: none */
    const char *no_fuse; /* reason why the slow files are FIFOs; NULL: they are not */
    struct lesson_runs two, many, cpu_bound;
    struct overlap sync, uring;
    struct handled two_sync, two_uring; /* when the two reads were handled */
    struct bench_sample around;         /* its times of the processors are those of all lessons */
    struct handled alone, blocked;      /* 63 reads; and if the worker blocks after the first */
};

/* Takes the operands: a number, or none. Exits if they are wrong. */
void lesson_take(struct bench_options *opts, char **operands);
/* Returns true if this lesson is wanted: bench.opts.lesson_number is its number, or 0. */
bool lesson_wanted(const struct lesson *lesson, unsigned number);
/* Returns the small program of a lesson; NULL if there is none. */
const char *lesson_source(unsigned number);

/* Returns 0, or -1 after a message. If a signal came to end abench there is no message. */
int lesson_measure(struct lesson *lesson);
void lesson_clean_up(const struct bench *bench);

/* Prints the lessons that were measured. */
void lesson_print(FILE *out, const struct lesson *lesson);
int lesson_json(FILE *out, const struct lesson *lesson); /* 0, or -1 */

#endif
