/* report.c: prints the lessons as text and as JSON. */
#define _GNU_SOURCE
#include "lesson.h"
#include "delay_files.h"
#include "../report/term.h"
#include "../report/words.h"
#include "../../cli/json.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Lines of each engine without comments and blank lines, counted by the Makefile. */
static const int lines_sync = ENGINE_LINES_SYNC, lines_uring = ENGINE_LINES_URING;

enum {
    NAME_COLUMNS = 14,
    TIME_COLUMNS = 36, /* for the longest time of a lesson: up to 9,999 ms a line has 80 columns */
};

/* Prints a name, and a bar from one time to another with a label in it: "   |== label ==|". whole
 * is the time of TIME_COLUMNS. */
static void print_bar(FILE *out, const char *name, double from, double to, double whole, char fill,
                      const char *label)
{
    int start = (int)(from / whole * TIME_COLUMNS + 0.5);
    int len = (int)(to / whole * TIME_COLUMNS + 0.5) - start - 1, text = (int)strlen(label);
    int left;

    len = len < 1 ? 1 : len;
    /* a label that does not fit is left out, and one that does has blanks around it */
    text = text > 0 && text + 4 <= len ? text + 2 : 0;
    left = (len - text) / 2;
    fprintf(out, "   %-*s%*s|", NAME_COLUMNS, name, start, "");
    for (int i = 0; i < left; i++)
        fputc(fill, out);
    if (text > 0)
        fprintf(out, " %s ", label);
    for (int i = left + text; i < len; i++)
        fputc(fill, out);
    fputc('|', out);
}

static void print_end(FILE *out, double seconds, const char *what)
{
    fprintf(out, "  %.0f ms%s%s\n", 1000 * seconds, *what ? "  " : "", what);
}

static void print_two(FILE *out, const struct lesson *lesson)
{
    const double *sync = lesson->two_sync.seconds, *uring = lesson->two_uring.seconds;
    double whole = sync[1] > uring[1] ? sync[1] : uring[1];

    fprintf(out, "\n1  Two reads of %d ms each\n", DELAY_MS);
    print_bar(out, "blocking", 0, sync[0], whole, '=', "read 1");
    fputc('\n', out);
    print_bar(out, "", sync[0], sync[1], whole, '=', "read 2");
    print_end(out, sync[1], "the sum");
    print_bar(out, "io_uring", 0, uring[0], whole, '=', "read 1");
    fputc('\n', out);
    print_bar(out, "", 0, uring[1], whole, '=', "read 2");
    print_end(out, uring[1], "the longer one");
    fprintf(out,
            "   A ring makes no read faster: it lets the second one wait at the same time.\n"
            "   As whole commands: %.0f and %.0f ms, %.2f times as fast.\n",
            1000 * lesson->two.run[0].sample.seconds, 1000 * lesson->two.run[1].sample.seconds,
            lesson->two.run[1].ratio);
}

static void print_overlap(FILE *out, const char *name, const struct overlap *overlap)
{
    double wait = DELAY_MS / 1000.0;
    char label[64];

    print_bar(out, name, 0, wait, wait, '.', "the read waits");
    fputc('\n', out);
    if (overlap->bytes > 0 && overlap->files == 0) /* many were begun */
        snprintf(label, sizeof(label), "%s", words_bytes((double)overlap->bytes));
    else
        snprintf(label, sizeof(label), "%s, %s", words_plural(overlap->files, "file"),
                 overlap->bytes > 0 ? words_bytes((double)overlap->bytes) : "0 MB");
    if (overlap->bytes > 0) {
        print_bar(out, "", 0, wait, wait, '#', label);
        fputc('\n', out);
    } else {
        fprintf(out, "   %-*s%s\n", NAME_COLUMNS, "", label);
    }
}

static void print_while(FILE *out, const struct lesson *lesson)
{
    fprintf(out, "\n2  What else one worker reads and digests while a read of %d ms waits\n",
            DELAY_MS);
    print_overlap(out, "blocking", &lesson->sync);
    print_overlap(out, "io_uring", &lesson->uring);
    fputs("   A thread that sleeps in read(2) does nothing else. With a ring, other work\n"
          "   goes on.\n",
          out);
}

static void print_many(FILE *out, const struct lesson *lesson)
{
    fprintf(out,
            "\n3  %d reads of %d ms that wait at once; one blocking thread would take %.1f s\n",
            DELAY_FILES, DELAY_MS, DELAY_FILES * DELAY_MS / 1000.0);
    for (size_t i = 0; i < lesson->many.n; i++) {
        const struct lesson_run *run = &lesson->many.run[i];
        fprintf(out, "   %-*s%4.0f ms  ", NAME_COLUMNS, run->name, 1000 * run->sample.seconds);
        if (i == 0)
            fprintf(out, "%d threads, a stack for each\n", DELAY_FILES);
        else if (run->sample.iowq > 0)
            fprintf(out, "1 thread, and %.0f of the kernel's (io-wq)\n", run->sample.iowq);
        else
            fputs("1 thread, none of the kernel's\n", out);
    }
    fputs("   Threads wait together, too, but each read needs its own. A ring's program\n"
          "   waits for all reads in one thread.\n",
          out);
    if (lesson->many.n > 1 && lesson->many.run[1].sample.iowq > 0)
        fputs("   io-wq: threads of the kernel that start a read if the filesystem would block.\n",
              out);
}

static void print_computing(FILE *out, const struct lesson *lesson)
{
    const struct lesson_runs *runs = &lesson->cpu_bound;
    double whole = 0;

    fputs("\n4  Work that does not wait: digests of 128 MiB in memory\n", out);
    for (size_t i = 0; i < runs->n; i++)
        whole = runs->run[i].sample.seconds > whole ? runs->run[i].sample.seconds : whole;
    for (size_t i = 0; i < runs->n; i++) {
        double seconds = runs->run[i].sample.seconds;
        char ratio[32];
        print_bar(out, runs->run[i].name, 0, seconds, whole, '#', "");
        snprintf(ratio, sizeof(ratio), "%.2f", runs->run[i].ratio);
        print_end(out, seconds, ratio);
    }
    fputs("   Nothing waits, so a ring has nothing to overlap: only more workers (-j) help.\n",
          out);
}

static void print_blocked(FILE *out, const struct lesson *lesson)
{
    const struct handled *alone = &lesson->alone, *blocked = &lesson->blocked;
    double end_alone = alone->seconds[alone->n - 1], end = blocked->seconds[blocked->n - 1];
    double whole = end > end_alone ? end : end_alone;
    char label[64];

    fprintf(out, "\n5  One blocking call in the thread of a ring that has %u reads of %d ms\n",
            alone->n, DELAY_MS);
    snprintf(label, sizeof(label), "%u reads", alone->n);
    print_bar(out, "all by ring", 0, end_alone, whole, '=', label);
    print_end(out, end_alone, "");
    print_bar(out, "one read(2)", 0, blocked->seconds[0], whole, '=', "the first");
    print_end(out, blocked->seconds[0], "");
    print_bar(out, "", blocked->seconds[0], blocked->seconds[1], whole, '.', "read(2) blocks");
    snprintf(label, sizeof(label), "the other %u", blocked->n - 1);
    print_end(out, end, label);
    fputs("   The others had completed, but their only thread slept: one blocking call\n"
          "   costs all of them its time. Every call that can wait must go through the\n"
          "   ring, or to another thread.\n",
          out);
}

static void print_cost(FILE *out)
{
    fprintf(out,
            "\n6  What it costs: lines of code, without comments\n"
            "   core/sync     %6d\n"
            "   core/uring    %6d\n"
            "   A ring's program keeps for itself what a stack keeps for a blocking one:\n"
            "   short reads, any order, cancelling, and buffers that must live until the\n"
            "   completion.\n",
            lines_sync, lines_uring);
}

static void print_choice(FILE *out)
{
    fputs("\nSo  many files or blocks that wait    io_uring, or threads if it is forbidden\n"
          "    cached, or computing              plain calls, a worker for each processor\n"
          "    one small file                    plain calls\n"
          "    must be simple or portable        threads\n",
          out);
}

static void print_slow(FILE *out, const struct lesson *lesson)
{
    struct term term;
    char *text = NULL;

    term_init(&term, out);
    if (!lesson->no_fuse) {
        fprintf(out, "slow   a filesystem (FUSE) in which each read takes %d ms\n", DELAY_MS);
        return;
    }
    if (asprintf(&text,
                 "FIFOs whose writers wait %d ms before they write; a slow filesystem would show"
                 " more: %s",
                 DELAY_MS, lesson->no_fuse) >= 0)
        term_wrap(out, &term, "slow", text);
    free(text);
}

/* Tells that other processes made the times longer. */
static void print_busy(FILE *out, const struct lesson *lesson)
{
    const double much = 0.25;
    const struct bench_sample *around = &lesson->around;
    struct term term;
    char *text = NULL;

    if (!(around->others_seconds > much * around->processors_seconds))
        return;
    term_init(&term, out);
    if (asprintf(&text,
                 "other processes used %.0f%% of the processors: the times and ratios may not"
                 " show what the sentences say; repeat it on a quiet machine",
                 100 * around->others_seconds / around->processors_seconds) >= 0)
        term_wrap(out, &term, "But", text);
    free(text);
}

static bool wants(const struct lesson *lesson, unsigned number)
{
    return number <= lesson->done && lesson_wanted(lesson, number);
}

void lesson_print(FILE *out, const struct lesson *lesson)
{
    print_slow(out, lesson);
    if (wants(lesson, LESSON_TWO))
        print_two(out, lesson);
    if (wants(lesson, LESSON_OVERLAP))
        print_while(out, lesson);
    if (wants(lesson, LESSON_MANY))
        print_many(out, lesson);
    if (wants(lesson, LESSON_COMPUTING))
        print_computing(out, lesson);
    if (wants(lesson, LESSON_BLOCKED))
        print_blocked(out, lesson);
    if (wants(lesson, LESSON_COST))
        print_cost(out);
    if (lesson->done == LESSON_COST)
        print_choice(out);
    print_busy(out, lesson);
}

static void put_handled(struct json_writer *json, const char *key, const struct handled *handled)
{
    json_put_array(json, key);
    for (unsigned i = 0; i < handled->n; i++)
        json_put_real(json, NULL, handled->seconds[i]);
    json_end(json);
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
    json_put_object(&json, "blocked");
    put_handled(&json, "ring_seconds", &lesson->alone);
    put_handled(&json, "blocking_call_seconds", &lesson->blocked);
    json_end(&json);
    json_put_object(&json, "code_lines");
    json_put_count(&json, "sync", (uint64_t)lines_sync);
    json_put_count(&json, "uring", (uint64_t)lines_uring);
    json_end(&json);
    return json_finish(&json);
}
