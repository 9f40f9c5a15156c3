/* ended.c: what abench says if a signal ends it before its report. See ended.h. */
#define _GNU_SOURCE
#include "ended.h"
#include "measure/arm.h"
#include "report/words.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>

static void print_signal(FILE *out, int signum)
{
    if (signum == SIGINT)
        fputs("interrupted", out);
    else if (signum == SIGTERM)
        fputs("terminated", out);
    else
        fprintf(out, "ended by a signal (%s)", strsignal(signum));
}

/* Prints the run that was under way, and how many of its round were done. */
static void print_run(FILE *out, const struct bench *bench)
{
    unsigned runs = 0;

    for (size_t i = 0; i < bench->n_arms; i++)
        runs += arm_runs(&bench->arms[i]);
    if (bench->under_way.round > 0)
        fprintf(out, " in round %u", bench->under_way.round);
    else
        fputs(" in the warm-up", out);
    fprintf(out, " during the run of %s, with %u of the round's %s done", bench->under_way.label,
            bench->under_way.runs_done, words_plural(runs, "run"));
}

char *ended_line(const struct bench *bench, int signum)
{
    unsigned rounds = bench->rounds_done[BENCH_COLD] + bench->rounds_done[BENCH_WARM];
    char *text = NULL;
    size_t size;
    FILE *out;

    if (signum == SIGPIPE || !(out = open_memstream(&text, &size)))
        return NULL; /* whoever closed the pipe does not want to know */
    print_signal(out, signum);
    if (bench->reporting)
        fputs(" before the report was complete", out);
    else if (bench->under_way.label)
        print_run(out, bench);
    else if (bench->stage && *bench->stage)
        fprintf(out, " %s %s", bench->opts.lesson ? "in" : "while", bench->stage);
    if (bench->reporting || (bench->opts.lesson && signum == SIGINT))
        ; /* the lessons before are printed */
    else if (bench->opts.lesson)
        fputs(": SIGINT, as Ctrl-C sends it, prints the lessons before", out);
    else if (rounds > 0)
        fprintf(out, ", after %s: SIGINT, as Ctrl-C sends it, reports on %s",
                words_plural(rounds, "whole round"), rounds == 1 ? "it" : "them");
    else
        fputs(": nothing can be told yet", out);
    return fclose(out) == 0 ? text : NULL;
}
