/* progress_line.c: the lines of --progress: while a run goes on, and at its end. See progress.h. */
#define _GNU_SOURCE
#include "progress.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "quote.h"
#include "sizes.h"

enum {
    NAME_MIN = 12, /* columns that a stalled file's name gets at least */
    NAME_MAX = 30, /* and the name of the only file at most */
    BAR_MIN = 5,
    BAR_MAX = 20,
};

struct text {
    char *at;
    size_t left; /* columns */
};

static void __attribute__((format(printf, 2, 3))) append(struct text *text, const char *format, ...)
{
    char part[128];
    va_list args;
    size_t len;

    va_start(args, format);
    vsnprintf(part, sizeof(part), format, args);
    va_end(args);
    len = strlen(part);
    if (len > text->left)
        len = text->left;
    memcpy(text->at, part, len);
    text->at[len] = 0;
    text->at += len;
    text->left -= len;
}

/* "78,579" */
static void append_count(struct text *text, uint64_t count)
{
    char digits[24];
    int len = snprintf(digits, sizeof(digits), "%" PRIu64, count);

    for (int i = 0; i < len; i++)
        append(text, i > 0 && (len - i) % 3 == 0 ? ",%c" : "%c", digits[i]);
}

static void append_size(struct text *text, double bytes)
{
    char size[CLI_SIZE_BYTES];

    append(text, "%s", cli_size(bytes, size));
}

static void append_left(struct text *text, double seconds)
{
    uint64_t s = (uint64_t)(seconds + 0.5);

    if (seconds >= 360000)
        return; /* longer than four days: useless */
    if (s >= 3600)
        append(text, "  %" PRIu64 ":%02u:%02u left", s / 3600, (unsigned)(s / 60 % 60),
               (unsigned)(s % 60));
    else
        append(text, "  %" PRIu64 ":%02u left", s / 60, (unsigned)(s % 60));
}

/* Returns the columns of a text. Unprintable characters have one. */
size_t cli_progress_columns(const char *text)
{
    struct cli_char one;
    size_t columns = 0;

    for (size_t left = strlen(text); left > 0; text += one.bytes, left -= one.bytes) {
        one = cli_char(text, left);
        columns += one.columns;
    }
    return columns;
}

/* Appends a name, of a long one the end, which says more. Unprintable characters become "?". */
static void append_name(struct text *text, const char *name)
{
    static const char dots[] = "...";
    size_t left = strlen(name), columns = cli_progress_columns(name);
    size_t room = CLI_PROGRESS_BYTES(text->left) - 1; /* bytes */
    bool cut = columns > text->left;
    struct cli_char one;

    if (cut)
        append(text, dots);
    for (; left > 0; name += one.bytes, left -= one.bytes, columns -= one.columns) {
        one = cli_char(name, left);
        if (cut && columns > text->left)
            continue;
        cut = false;
        if (room == 0) /* columns may be left, because some characters have none */
            break;
        if (one.printable && one.bytes <= room) {
            text->at = mempcpy(text->at, name, one.bytes);
            room -= one.bytes;
        } else {
            *text->at++ = '?';
            room--;
        }
        text->left -= one.columns;
    }
    *text->at = 0;
}

/* What is done, and the whole as far as it is known. */
struct amounts {
    uint64_t files, files_all, bytes, bytes_all;
    bool files_final, bytes_final; /* the totals are not going to grow */
};

static struct amounts amounts_of(const struct progress_now *now)
{
    bool all_opened = now->all_known && now->files_taken >= now->files_known;
    struct amounts amounts = {
        .files = now->files,
        .files_all = now->files_known,
        .bytes = now->bytes + now->bytes_skipped,
        .bytes_all = now->bytes_known + now->bytes_skipped,
        .files_final = now->all_known || now->all_counted,
        .bytes_final = all_opened || now->all_counted,
    };

    if (!now->all_known && now->files_counted > amounts.files_all)
        amounts.files_all = now->files_counted;
    if (!all_opened && now->bytes_counted > amounts.bytes_all)
        amounts.bytes_all = now->bytes_counted;
    if (amounts.bytes_all < amounts.bytes)
        amounts.bytes_all = amounts.bytes;
    return amounts;
}

/* The part that is done, 0 to 1: by bytes, which take the time, unless there are none. */
static double share_of(const struct amounts *amounts)
{
    if (amounts->bytes_all > 0)
        return (double)amounts->bytes / (double)amounts->bytes_all;
    return amounts->files_all > 0 ? (double)amounts->files / (double)amounts->files_all : 0;
}

/* The seconds until all bytes and all files are done; negative if they cannot be told. */
static double seconds_left(const struct amounts *amounts, const struct cli_progress_line *line)
{
    double bytes = (double)(amounts->bytes_all - amounts->bytes);
    double files = amounts->files_all > amounts->files
                       ? (double)(amounts->files_all - amounts->files)
                       : 0;
    double by_bytes = line->byte_rate > 0 ? bytes / line->byte_rate : -1;
    double by_files = line->file_rate > 0 ? files / line->file_rate : -1;

    return by_bytes > by_files ? by_bytes : by_files;
}

static void append_amounts(struct text *text, const struct cli_progress_line *line,
                           const struct amounts *amounts)
{
    char whole[CLI_SIZE_BYTES], part[CLI_SIZE_BYTES];

    if (line->only && amounts->files_all == 1 && amounts->files_final) {
        struct text name = {text->at, text->left < NAME_MAX ? text->left : NAME_MAX};
        size_t before = name.left;
        append_name(&name, line->only);
        text->at = name.at;
        text->left -= before - name.left;
    } else {
        append_count(text, amounts->files);
        append(text, amounts->files_final ? " of " : " of >");
        append_count(text, amounts->files_all);
        append(text, " files");
    }
    append(text, "  ");
    cli_size((double)amounts->bytes_all, whole);
    cli_size((double)amounts->bytes, part);
    if (!amounts->bytes_final) {
        append(text, "%s", part);
        return;
    }
    /* "1.04 of 2.15 GB" */
    if (strcmp(strchr(part, ' '), strchr(whole, ' ')) == 0)
        *strchr(part, ' ') = 0;
    append(text, "%s of %s", part, whole);
}

/* Appends "  48%", and a bar in the columns that tail leaves. */
static void append_share(struct text *text, double share, size_t tail)
{
    char bar[BAR_MAX + 1];
    size_t len, done;

    append(text, "  %u%%", share < 1 ? (unsigned)(100 * share) : 100);
    if (text->left < tail + BAR_MIN + 3)
        return;
    len = text->left - tail - 3;
    if (len > BAR_MAX)
        len = BAR_MAX;
    done = (size_t)(share * (double)len);
    memset(bar, ' ', len);
    memset(bar, '=', done);
    if (done < len)
        bar[done] = '>';
    bar[len] = 0;
    append(text, " [%s]", bar);
}

void cli_progress_format(const struct cli_progress_line *line, char *out, size_t width)
{
    struct amounts amounts = amounts_of(&line->now);
    double share = share_of(&amounts), left = seconds_left(&amounts, line);
    char tail_text[CLI_PROGRESS_BYTES(80)] = "";
    struct text text = {out, width}, tail = {tail_text, 80};

    out[0] = 0;
    append_amounts(&text, line, &amounts);
    if (line->stalled_s > 0) {
        append(&text, "  stalled %u s", line->stalled_s);
        if (line->stalled && text.left >= NAME_MIN) {
            append(&text, ": ");
            append_name(&text, line->stalled);
        }
        return;
    }
    append(&tail, "  ");
    append_size(&tail, line->byte_rate);
    append(&tail, "/s");
    if (amounts.bytes_final && left >= 0)
        append_left(&tail, left);
    else if (line->now.counting && !line->now.all_counted)
        append(&tail, "  (counting)");
    if (amounts.bytes_final)
        append_share(&text, share, strlen(tail_text));
    append(&text, "%s", tail_text);
}

void cli_progress_format_end(const struct cli_progress_line *line, const char *did, double seconds,
                             char *out, size_t width)
{
    const struct progress_now *now = &line->now;
    uint64_t others = now->files_skipped + now->files_failed;
    uint64_t files = now->files > others ? now->files - others : 0;
    struct text text = {out, width};

    out[0] = 0;
    append(&text, "%s ", did);
    append_count(&text, files);
    append(&text, files == 1 ? " file, " : " files, ");
    append_size(&text, (double)now->bytes);
    append(&text, " in %.1f s (", seconds);
    append_size(&text, seconds > 0 ? (double)now->bytes / seconds : 0);
    append(&text, "/s)");
    if (now->files_skipped > 0) {
        append(&text, ", ");
        append_count(&text, now->files_skipped);
        append(&text, " skipped");
    }
    if (now->files_failed > 0) {
        append(&text, ", ");
        append_count(&text, now->files_failed);
        append(&text, " failed");
    }
}

void cli_progress_format_stopped(const struct cli_progress_line *line, unsigned incomplete,
                                 const struct cli_progress_run *run, char *out, size_t width)
{
    const struct progress_now *now = &line->now;
    uint64_t files = now->files > now->files_failed ? now->files - now->files_failed : 0;
    struct text text = {out, width};

    out[0] = 0;
    append(&text, "stopped after ");
    append_size(&text, (double)now->bytes);
    append(&text, ", ");
    append_count(&text, files);
    append(&text, files == 1 ? " file" : " files");
    append(&text, " complete");
    if (incomplete > 0 && !run->resume_finds_incomplete)
        append(&text, ", %u existing %s not: go on without -u", incomplete,
               incomplete == 1 ? "file" : "files");
    else if (run->resume)
        append(&text, "; %s", run->resume);
}
