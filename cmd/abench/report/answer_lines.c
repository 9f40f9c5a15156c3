/* answer_lines.c: the answer as text: the sentence, the command to use, and what both rest on. */
#define _GNU_SOURCE
#include "answer.h"
#include "summary.h"
#include "words.h"
#include "../stat.h"
#include "../../cli/quote.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

const char *answer_word(enum answer_kind kind)
{
    static const char *const words[] = {
        [ANSWER_NOT_ASKED] = NULL,    [ANSWER_YES] = "yes",         [ANSWER_NO] = "no",
        [ANSWER_THREADS] = "threads", [ANSWER_UNKNOWN] = "unknown",
    };

    return words[kind];
}

/* Prints how the ring compares with another arm. */
static void print_ratio(FILE *out, const struct bench *bench, const struct bench_ratio *of,
                        int other)
{
    if (of->contrary)
        fprintf(out, "no difference from %s that can be told", bench->arms[other].label);
    else if (of->faster || of->slower)
        fprintf(out, "%s times as fast as %s", words_times(of->ratio), bench->arms[other].label);
    else
        fprintf(out, "as fast as %s (%s times)", bench->arms[other].label, words_times(of->ratio));
}

/* Returns the state that an answer is about, if there are two. */
static const char *which_state(const struct bench *bench, enum bench_cache cache)
{
    if (!bench->opts.cold || !bench->opts.warm)
        return "";
    return cache == BENCH_COLD ? ", cold" : ", warm";
}

/* Prints which arm is the fastest, if none of ours uses io_uring. */
static void print_fastest(FILE *out, const struct bench *bench, const struct answer *answer,
                          enum bench_cache cache)
{
    struct bench_ratio of;

    fprintf(out, "Which is the fastest%s?  ", which_state(bench, cache));
    if (answer->use == ANSWER_NONE) {
        fputs(
            summary_any(bench, cache)
                ? "CANNOT TELL\nno result could be compared, so the arms may do different work; the"
                  " table has their times"
                : "CANNOT TELL   no arm has a result",
            out);
        return;
    }
    if (answer->other == ANSWER_NONE) {
        fprintf(out, "%s is the only one%s", bench->arms[answer->use].label,
                bench->n_arms > 1 ? " whose result was compared" : "");
        return;
    }
    if (answer->undecided && answer->unknown[0]) {
        fprintf(out, "CANNOT TELL\n%s", answer->unknown);
        return;
    }
    of = summary_compare(bench, (size_t)answer->use, (size_t)answer->other, cache);
    fprintf(out, answer->undecided ? "CANNOT TELL   %s is " : "%s, ",
            bench->arms[answer->use].label);
    fprintf(out, "%s times as fast as %s", words_times(of.ratio), bench->arms[answer->other].label);
}

char *answer_line(const struct bench *bench, const struct answer *answer, enum bench_cache cache)
{
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);

    if (!out)
        return NULL;
    if (answer->kind == ANSWER_NOT_ASKED) {
        print_fastest(out, bench, answer, cache);
        return fclose(out) == 0 ? text : NULL;
    }
    fprintf(out, "Does io_uring help here%s?  ", which_state(bench, cache));
    if (answer->kind == ANSWER_UNKNOWN) {
        fprintf(out, "CANNOT TELL\n%s", answer->unknown);
    } else if (answer->kind == ANSWER_THREADS) {
        fprintf(out, "NO MORE THAN %u THREADS\n", bench->arms[answer->threads].threads);
        print_ratio(out, bench, &answer->over_base, answer->base);
        fputs(", ", out);
        print_ratio(out, bench, &answer->over_threads, answer->threads);
    } else {
        fprintf(out, "%s   ", answer->kind == ANSWER_YES ? "YES" : "NO");
        print_ratio(out, bench, &answer->over_base, answer->base);
        if (answer->threads != ANSWER_NONE) {
            fputc('\n', out);
            print_ratio(out, bench, &answer->over_threads, answer->threads);
        }
        if (answer->by_workers && (answer->threads == ANSWER_NONE || answer->over_threads.faster))
            fputs(",\nby its workers alone", out);
    }
    return fclose(out) == 0 ? text : NULL;
}

/* Prints the reason for a command. */
static void print_reason(FILE *out, const struct bench *bench, const struct answer *answer,
                         enum bench_cache cache)
{
    int best = answer->best, usual = answer->usual;
    const struct bench_arm *arm = &bench->arms[answer->use];
    const char *by_itself = usual != ANSWER_NONE && bench->arms[usual].ring ? "io_uring"
                                                                            : "blocking calls";

    if (answer->use == usual)
        fprintf(out, "   (takes %s by itself", by_itself);
    else if (answer->use == best)
        fputs("   (measured best", out);
    else
        fputs("   (the smallest values that are as fast as the best", out);
    if (answer->use == usual && best != usual && !answer->hint)
        fprintf(out, "; as fast as %s", bench->arms[best].label);
    else if (answer->use != usual && usual != ANSWER_NONE && arm->argv && !arm->swept &&
             !arm->ring && (answer->kind != ANSWER_UNKNOWN || bench->no_ring))
        fprintf(out, "; by itself it takes %s, in %s times the time", by_itself,
                words_times(
                    1 / summary_compare(bench, (size_t)usual, (size_t)answer->use, cache).ratio));
    if (answer->hint)
        fputs("; a hint, no more", out);
    putc(')', out);
}

static void print_paths(FILE *out, const struct bench_data *data)
{
    for (size_t i = 0; i < data->n_paths && i < 3; i++)
        fprintf(out, " %s", i < 2 ? cli_quote_maybe(data->paths[i]) : "...");
}

/* acat takes files, and no trees. */
static bool reads_tree(const struct bench *bench)
{
    struct stat st;

    for (size_t i = 0; i < bench->data.n_paths && !bench->opts.pattern; i++)
        if (bench->opts.operation == BENCH_READ && stat(bench->data.paths[i], &st) == 0 &&
            S_ISDIR(st.st_mode))
            return true;
    return false;
}

/* Prints the command line of one of our arms. */
static void print_command(FILE *out, const struct bench *bench, const struct bench_arm *arm)
{
    if (reads_tree(bench)) {
        fputs("find", out);
        print_paths(out, &bench->data);
        fprintf(out, " -type f -print0 | %s --files0-from=-", arm->advice);
        return;
    }
    fprintf(out, "%s", arm->advice);
    if (bench->opts.write_percent > 0)
        fputs(" - <>FILE", out);
    else
        print_paths(out, &bench->data);
    if (bench->opts.operation == BENCH_COPY)
        fputs(" DEST", out);
}

char *answer_use_line(const struct bench *bench, const struct answer *answer,
                      enum bench_cache cache)
{
    char *text = NULL;
    size_t size;
    FILE *out;

    if (answer->use == ANSWER_NONE || !(out = open_memstream(&text, &size)))
        return NULL;
    const struct bench_arm *arm = &bench->arms[answer->use];
    if (arm->command) {
        fprintf(out, "%s", arm->command);
    } else {
        print_command(out, bench, arm);
    }
    print_reason(out, bench, answer, cache);
    return fclose(out) == 0 ? text : NULL;
}

/* The time grows with the files or with the bytes: both together are its limits. */
char *answer_whole_line(const struct bench *bench, enum bench_cache cache)
{
    const struct bench_data *data = &bench->data;
    const char *between = ". All takes about ";
    char *text = NULL;
    size_t size;
    FILE *out = data->whole_files > 0 && summary_any(bench, cache) ? open_memstream(&text, &size)
                                                                   : NULL;

    if (!out)
        return NULL;
    fprintf(out, "measured on a sample of %s, %s of %s, over directories and sizes",
            words_of_whole(data->files, data->whole_files), words_bytes((double)data->bytes),
            words_bytes((double)data->whole_bytes));
    for (size_t i = 0; i < bench->n_arms; i++) {
        struct bench_whole whole = summary_whole(bench, i, cache);
        if (isnan(whole.seconds))
            continue;
        fprintf(out, "%s%s (%s..%s): %s", between, words_seconds(whole.seconds),
                words_seconds(whole.low), words_seconds(whole.high), bench->arms[i].label);
        between = "; ";
    }
    return fclose(out) == 0 ? text : NULL;
}

/* Tells if a result of the arm was compared, and found to be right. */
static bool was_compared(const struct bench_arm *arm)
{
    bool compared = false;

    for (size_t i = 0; i < arm->n_samples; i++)
        compared |= arm->samples[i].check == CHECK_SIZES || arm->samples[i].check == CHECK_CONTENT;
    return compared;
}

/* Prints how the results were compared. */
static void print_checks(FILE *out, const struct bench *bench)
{
    static const char *const texts[] = {
        [BENCH_READ] = "every byte read by every arm",
        [BENCH_HASH] = "same digests from every arm",
        [BENCH_COPY] = "same copy from every arm",
    };
    unsigned uncompared = 0, compared = 0;

    for (size_t i = 0; i < bench->n_arms; i++)
        compared += was_compared(&bench->arms[i]);
    fprintf(out, "%s",
            bench->failed                   ? "an arm failed or differed"
            : compared == 0                 ? "no result was compared"
            : bench->opts.write_percent > 0 ? "every block read or written by every arm"
                                            : texts[bench->opts.operation]);
    for (size_t i = 0; i < bench->n_arms; i++) {
        const struct bench_arm *arm = &bench->arms[i];
        bool no_check = arm->n_samples > 0 && arm->samples[0].check == CHECK_NONE;
        if (compared > 0 && (bench->failed ? no_check : !was_compared(arm)))
            fprintf(out, "%s%s", uncompared++ ? ", " : " (not compared: ", arm->name);
    }
    if (uncompared > 0)
        fputc(')', out);
}

char *answer_sure_line(const struct bench *bench, const struct answer *answer,
                       enum bench_cache cache)
{
    struct bench_disturbance disturbance = summary_disturbance(bench, cache);
    double resident = summary_resident(bench, cache);
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);

    if (!out)
        return NULL;
    if (answer->kind != ANSWER_UNKNOWN && answer->over_base.pairs > 0) {
        fprintf(out, "%u%%: %s", stat_interval_percent(answer->over_base.pairs),
                words_interval(answer->over_base.low, answer->over_base.high));
        if (answer->over_threads.pairs > 0)
            fprintf(out, " and %s",
                    words_interval(answer->over_threads.low, answer->over_threads.high));
        fputs("; ", out);
    }
    fprintf(out, "%s%s, random order, ", words_plural(bench->rounds_done[cache], "round"),
            bench->interrupted        ? " until the interrupt"
            : bench->timed_out[cache] ? " (time limit)"
                                      : "");
    if (disturbance.others >= 0.01)
        fprintf(out, "others used %.0f%% of the processors, ", 100 * disturbance.others);
    else if (!isnan(disturbance.others))
        fputs("quiet machine, ", out);
    print_checks(out, bench);
    if (bench->data.unreadable > 0)
        fprintf(out, ", %s left out that cannot be read",
                words_plural(bench->data.unreadable, "file"));
    if (bench->data.changed > 0)
        fprintf(out, ", %s left out that changed meanwhile",
                words_plural(bench->data.changed, "file"));
    if (isnan(resident) && summary_any(bench, cache))
        fputs(", page cache unknown", out);
    else if (summary_any(bench, cache))
        fprintf(out, ", %.1f%% in the page cache before each run", 100 * resident);
    return fclose(out) == 0 ? text : NULL;
}
