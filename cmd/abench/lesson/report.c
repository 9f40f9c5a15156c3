/* report.c: prints the lessons as text and as JSON. */
#define _GNU_SOURCE
#include "lesson.h"
#include "delay_files.h"
#include "../report/term.h"
#include "../../cli/json.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

/* Lines of each engine without comments and blank lines, counted by the Makefile. */
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
            fprintf(out,
                    "1, and %.0f kernel workers (io-wq), because it cannot wait without them\n",
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

static void put_runs(struct json_writer *json, const char *key, const struct lesson_runs *runs)
{
    json_put_array(json, key);
    for (size_t i = 0; i < runs->n; i++) {
        const struct lesson_run *run = &runs->run[i];
        json_put_object(json, NULL);
        json_put_text(json, "name", run->name);
        json_put_real(json, "seconds", run->sample.seconds);
        json_put_real(json, "ratio", run->ratio);
        json_put_count(json, "memory_peak_bytes", run->sample.memory_peak);
        json_put_count(json, "voluntary_switches", run->sample.switches);
        json_put_real(json, "iowq_workers", run->sample.iowq);
        json_end(json);
    }
    json_end(json);
}

static void put_overlap(struct json_writer *json, const char *key, const struct overlap *overlap)
{
    json_put_object(json, key);
    json_put_real(json, "seconds", overlap->seconds);
    json_put_count(json, "files", overlap->files);
    json_put_count(json, "bytes", overlap->bytes);
    json_end(json);
}

int lesson_json(FILE *out, const struct lesson *lesson)
{
    struct json_writer json;

    json_begin(&json, out, JSON_INDENTED, "lesson");
    json_put_program(&json, "abench");
    json_put_text(&json, "medium", lesson->no_fuse ? "fifo" : "fuse");
    json_put_real(&json, "delay_seconds", DELAY_MS / 1000.0);
    put_runs(&json, "two_reads", &lesson->two);
    json_put_object(&json, "overlap");
    put_overlap(&json, "sync", &lesson->sync);
    put_overlap(&json, "uring", &lesson->uring);
    json_end(&json);
    put_runs(&json, "many_reads", &lesson->many);
    put_runs(&json, "cpu_bound", &lesson->cpu_bound);
    json_put_object(&json, "code_lines");
    json_put_count(&json, "sync", (uint64_t)lines_sync);
    json_put_count(&json, "uring", (uint64_t)lines_uring);
    json_end(&json);
    return json_finish(&json);
}
