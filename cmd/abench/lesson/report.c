/* report.c: the lessons, for people and as JSON. */
#define _GNU_SOURCE
#include "lesson.h"
#include "delay_files.h"
#include "../report/term.h"
#include "../../cli/messages.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

/* The Makefile counts them: lines of each engine without comments and blank ones. */
static const int lines_sync = ENGINE_LINES_SYNC, lines_uring = ENGINE_LINES_URING;

static void print_runs(FILE *out, const struct lesson_runs *runs)
{
    for (size_t i = 0; i < runs->n; i++)
        fprintf(out, "   %-12s %6.0f ms   %5.2f\n", runs->run[i].name,
                1000 * runs->run[i].sample.seconds, runs->run[i].ratio);
}

static void print_overlap(FILE *out, const char *name, const struct overlap *overlap)
{
    fprintf(out, "   %-12s %6" PRIu64 " files, %.0f MB\n", name, overlap->files,
            (double)overlap->bytes / 1e6);
}

static void print_many(FILE *out, const struct lesson *lesson)
{
    fprintf(out,
            "\n3  %d reads of %d ms, all waiting at once; one blocking thread would take %.1f s\n"
            "   %-12s %9s %10s %9s  threads\n",
            DELAY_FILES, DELAY_MS, DELAY_FILES * DELAY_MS / 1000.0, "", "", "memory", "switches");
    for (size_t i = 0; i < lesson->many.n; i++) {
        const struct lesson_run *run = &lesson->many.run[i];
        fprintf(out, "   %-12s %6.0f ms %6.1f MiB %9" PRIu64 "  ", run->name,
                1000 * run->sample.seconds, (double)run->sample.memory_peak / 1048576,
                run->sample.switches);
        if (i == 0)
            fprintf(out, "%d\n", DELAY_FILES);
        else if (run->sample.iowq > 0)
            fprintf(out, "1, and %u kernel workers (io-wq), because it cannot wait without them\n",
                    run->sample.iowq);
        else
            fputs("1, and no kernel workers (io-wq): it waits without them\n", out);
    }
}

void lesson_print(FILE *out, const struct lesson *lesson)
{
    struct term term;

    term_init(&term, out);
    if (lesson->no_fuse) {
        char *text = NULL;
        if (asprintf(
                &text,
                "FIFOs whose writers wait %d ms before they write; a slow filesystem would show"
                " more, but %s",
                DELAY_MS, lesson->no_fuse) >= 0)
            term_line(out, &term, "slow", text);
        free(text);
    } else {
        fprintf(out, "slow     a filesystem (FUSE) in which each read takes %d ms\n", DELAY_MS);
    }
    fprintf(out, "\n1  Two reads of %d ms each: one after the other, or both at once\n", DELAY_MS);
    print_runs(out, &lesson->two);
    fprintf(out, "\n2  What else one worker reads and digests while a read of %d ms waits\n",
            DELAY_MS);
    print_overlap(out, "sync", &lesson->sync);
    print_overlap(out, "uring", &lesson->uring);
    print_many(out, lesson);
    fputs("\n4  Work that does not wait, digests of 128 MiB in memory: a ring gains nothing,\n"
          "   more workers do\n",
          out);
    print_runs(out, &lesson->cpu_bound);
    fprintf(out,
            "\n5  What that costs: lines of code, without comments\n"
            "   core/sync    %6d\n"
            "   core/uring   %6d\n",
            lines_sync, lines_uring);
}

static json_t *run_json(const struct lesson_run *run)
{
    return json_pack("{s:s, s:f, s:f, s:I, s:I, s:i}", "name", run->name, "seconds",
                     run->sample.seconds, "ratio", run->ratio, "memory_peak_bytes",
                     (json_int_t)run->sample.memory_peak, "voluntary_switches",
                     (json_int_t)run->sample.switches, "iowq_workers", (int)run->sample.iowq);
}

static json_t *runs_json(const struct lesson_runs *runs)
{
    json_t *array = json_array();

    for (size_t i = 0; i < runs->n; i++)
        json_array_append_new(array, run_json(&runs->run[i]));
    return array;
}

static json_t *overlap_json(const struct overlap *overlap)
{
    return json_pack("{s:f, s:I, s:I}", "seconds", overlap->seconds, "files",
                     (json_int_t)overlap->files, "bytes", (json_int_t)overlap->bytes);
}

int lesson_json(FILE *out, const struct lesson *lesson)
{
    json_t *root = json_pack(
        "{s:s, s:s, s:s, s:s, s:i, s:o, s:{s:o, s:o}, s:o, s:o, s:{s:i, s:i}}", "program", "abench",
        "version", AIOUTILS_VERSION, "operation", "lesson", "medium",
        lesson->no_fuse ? "fifo" : "fuse", "delay_ms", DELAY_MS, "two_reads",
        runs_json(&lesson->two), "meanwhile", "sync", overlap_json(&lesson->sync), "uring",
        overlap_json(&lesson->uring), "many_reads", runs_json(&lesson->many), "cpu_bound",
        runs_json(&lesson->cpu_bound), "lines", "sync", lines_sync, "uring", lines_uring);
    int rc = root ? json_dumpf(root, out, JSON_INDENT(1) | JSON_REAL_PRECISION(9)) : -1;

    json_decref(root);
    return rc == 0 && putc('\n', out) != EOF ? 0 : -1;
}
