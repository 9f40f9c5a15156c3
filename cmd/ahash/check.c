/* check.c: ahash -c. The producer's half turns the lines of a check file into files to
 * digest, a line at a time, so that a check file may be a pipe and of any length. Retire's half
 * compares, and since it sees everything in input order, what it says comes in the order of the
 * lines. See check.h. */
#define _GNU_SOURCE
#include "check.h"
#include "ahash.h"
#include "item.h"
#include "json.h"
#include "print.h"
#include "rehash.h"
#include "stdin.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "unlisted.h"
#include "../cli/engine.h"
#include "../cli/messages.h"
#include "../cli/quote.h"
#include "../../core/base/retry.h"

static bool is_stdin(const char *path)
{
    return strcmp(path, "-") == 0;
}

static const char *check_name(const char *path)
{
    return is_stdin(path) ? "'standard input'" : cli_quote_maybe(path);
}

/* Sets the algorithm of an untagged line to one that has matched in its list, and item->other to
 * the one that the line may be of as well. */
static void choose_candidate(struct ahash *ahash, struct checksum_line *line,
                             struct ahash_item *item)
{
    const struct digest *usual = line->algorithm;

    item->other = line->tagged ? NULL : algorithms_other(&ahash->algorithms, usual);
    if (!item->other || atomic_load_explicit(&item->list->kind[digest_bytes(usual)],
                                             memory_order_relaxed) != LIST_BLAKE2B)
        return;
    line->algorithm = item->other;
    item->other = usual;
}

static int add_line(struct ahash *ahash, struct feed *feed, const struct file *end, uint64_t number,
                    char *text, size_t len)
{
    struct ahash_check_list *list = ahash_item(ahash, end)->list;
    const char *path = end->name;
    struct checksum_line line;
    struct hash_result *result;
    struct ahash_item *item;
    struct file *file;

    if (len == CHECKSUM_LINE_BYTES_MAX || !checksum_line_parse(&ahash->reader, text, len, &line) ||
        (is_stdin(path) && is_stdin(line.name))) {
        file = ahash_file(ahash, feed, AHASH_BAD_LINE, path);
        if (!file)
            return -ENOMEM;
        item = ahash_item(ahash, file);
        item->line = number;
        return feed_add_done(feed, file);
    }
    file = ahash_file(ahash, feed, AHASH_CHECK, line.name);
    if (!file)
        return -ENOMEM;
    if (ahash->report_unlisted)
        unlisted_list(ahash->unlisted, line.name);
    item = ahash_item(ahash, file);
    item->list = list;
    item->matches_none = line.matches_none;
    choose_candidate(ahash, &line, item);
    memcpy(item->expected, line.digest, digest_bytes(line.algorithm));
    result = file->op;
    result->algorithm = line.algorithm;
    return ahash_add(ahash, feed, file);
}

/* Reads the next line that is neither empty nor a comment, without a carriage return at its end. */
static bool next_line(FILE *stream, char *text, size_t *len, uint64_t *number)
{
    while (checksum_line_read(stream, text, len)) {
        ++*number;
        if (*len == CHECKSUM_LINE_BYTES_MAX)
            checksum_line_skip(stream);
        if (*len > 0 && text[0] == '#')
            continue;
        if (*len > 0 && text[*len - 1] == '\r')
            --*len;
        if (*len > 0)
            return true;
    }
    return false;
}

static int add_lines(struct ahash *ahash, struct feed *feed, const struct file *end, FILE *stream)
{
    char *text = malloc(CHECKSUM_LINE_BYTES_MAX + 1);
    uint64_t number = 0;
    size_t len;
    int rc = text ? 0 : -ENOMEM;

    while (rc == 0 && next_line(stream, text, &len, &number))
        rc = add_line(ahash, feed, end, number, text, len);
    free(text);
    return rc;
}

size_t ahash_check_names(const struct ahash *ahash, const char *path, char **names, size_t max)
{
    FILE *stream = cli_is_small_file(path) ? fopen(path, "re") : NULL;
    char *text = stream ? malloc(CHECKSUM_LINE_BYTES_MAX + 1) : NULL;
    struct checksum_reader reader = ahash->reader;
    struct checksum_line line;
    uint64_t number = 0;
    size_t n = 0, len;

    while (text && n < max && next_line(stream, text, &len, &number))
        if (len < CHECKSUM_LINE_BYTES_MAX && checksum_line_parse(&reader, text, len, &line) &&
            (names[n] = strdup(line.name)) != NULL)
            n++;
    free(text);
    if (stream)
        fclose(stream);
    return n;
}

int ahash_check_produce(struct ahash *ahash, struct feed *feed, const char *path)
{
    struct file *end = ahash_file(ahash, feed, AHASH_CHECK_END, path);
    struct ahash_check_list *list;
    FILE *stream;
    int rc = 0;

    if (!end)
        return -ENOMEM;
    list = ahash_item(ahash, end)->list = calloc(1, sizeof(*list));
    if (!list)
        cli_fatal(0, "memory exhausted");
    ahash->stdin_read |= is_stdin(path);
    if (is_stdin(path))
        ahash_stdin_join(ahash); /* a list before this one may name standard input, too */
    stream = is_stdin(path) ? stdin : fopen(path, "re");
    if (!stream) {
        file_fail(end, STEP_OPEN, -errno);
        return feed_add_done(feed, end);
    }
    if (ahash->report_unlisted)
        unlisted_check_file(ahash->unlisted, fileno(stream));
    rc = add_lines(ahash, feed, end, stream);
    if (ferror(stream))
        file_fail(end, STEP_READ, -EIO);
    if (stream == stdin)
        clearerr(stdin);
    else
        fclose(stream);
    /* handed over in any case: only the feed frees files */
    int added = feed_add_done(feed, end);
    return rc < 0 ? rc : added;
}

/* Compares the digest by each algorithm that the line may be of. A line without a tag is
 * taken for one of the algorithm that is usual with its length. It may be one of BLAKE2b as long as
 * no line of that length in its list has matched the usual one: this does not depend on how far the
 * producer was ahead. */
static bool matches(struct ahash *ahash, const struct file *file)
{
    struct hash_result *result = file->op;
    const struct ahash_item *item = ahash_item(ahash, file);
    size_t bytes = digest_bytes(result->algorithm);
    atomic_uchar *kind = &item->list->kind[bytes];

    if (item->matches_none)
        return false;
    if (memcmp(result->digest, item->expected, bytes) != 0 &&
        (!item->other || atomic_load_explicit(kind, memory_order_relaxed) == LIST_USUAL ||
         !ahash_rehash(file, item)))
        return false;
    if (item->other && atomic_load_explicit(kind, memory_order_relaxed) == LIST_UNKNOWN)
        atomic_store_explicit(kind,
                              algorithms_is_usual(result->algorithm) ? LIST_USUAL : LIST_BLAKE2B,
                              memory_order_relaxed);
    return true;
}

/* Counts a listed file. Returns its status as --json prints it, or NULL if it must not be
 * printed. */
static const char *judge(struct ahash *ahash, const struct file *file)
{
    struct ahash_counts *counts = &ahash->counts;

    counts->proper++;
    if (file->status == -ENOENT && ahash->ignore_missing) {
        counts->ignored++;
        return NULL;
    }
    if (file->status < 0) {
        ahash_report(ahash, file);
        counts->unreadable++;
        counts->missing += file->status == -ENOENT;
        return file->status == -ENOENT ? "missing" : "unreadable";
    }
    if (!matches(ahash, file)) {
        counts->mismatched++;
        return "failed";
    }
    counts->matched++;
    return ahash->quiet ? NULL : "ok";
}

static void retire_checked(struct ahash *ahash, struct file *file)
{
    const char *status = judge(ahash, file);

    if (!status || ahash->status_only)
        return;
    if (ahash->json) {
        ahash_json_checked(ahash, file, status);
        return;
    }
    checksum_line_print_name(stdout, file->name);
    fputs(file->status < 0            ? ": FAILED open or read\n"
          : strcmp(status, "ok") == 0 ? ": OK\n"
                                      : ": FAILED\n",
          stdout);
}

static void warn_of(uint64_t count, const char *one, const char *several)
{
    if (count > 0)
        cli_message(0, "WARNING: %" PRIu64 " %s", count, count == 1 ? one : several);
}

static void add_counts(struct ahash_counts *total, const struct ahash_counts *counts)
{
    total->proper += counts->proper;
    total->bad_lines += counts->bad_lines;
    total->mismatched += counts->mismatched;
    total->matched += counts->matched;
    total->unreadable += counts->unreadable;
    total->missing += counts->missing;
    total->ignored += counts->ignored;
}

static void retire_end(struct ahash *ahash, const struct file *file)
{
    const struct ahash_counts counts = ahash->counts;
    const char *name = check_name(file->name);

    assert(ahash_item(ahash, file)->list); /* all its lines are retired */
    free(ahash_item(ahash, file)->list);
    memset(&ahash->counts, 0, sizeof(ahash->counts));
    add_counts(&ahash->total, &counts);
    if (counts.matched == 0 || counts.mismatched > 0 || counts.unreadable > 0 ||
        (ahash->strict && counts.bad_lines > 0) || file->status < 0)
        ahash->failed = true;
    if (ahash->json && !ahash->status_only)
        ahash_json_check_end(file, &counts);
    if (file->step == STEP_OPEN) {
        cli_message(-file->status, "%s", name);
        return;
    }
    if (file->status < 0) {
        cli_message(0, "%s: read error", name);
        return;
    }
    if (counts.proper == 0) {
        cli_message(0, "%s: no properly formatted checksum lines found", name);
        return;
    }
    if (ahash->status_only)
        return;
    warn_of(counts.bad_lines, "line is improperly formatted", "lines are improperly formatted");
    warn_of(counts.unreadable, "listed file could not be read", "listed files could not be read");
    warn_of(counts.mismatched, "computed checksum did NOT match",
            "computed checksums did NOT match");
    if (ahash->ignore_missing && counts.matched == 0)
        cli_message(0, "%s: no file was verified", name);
}

static void retire_unlisted(struct ahash *ahash, const struct file *file)
{
    char *path = file_path(file);

    if (!path)
        cli_fatal(0, "memory exhausted");
    ahash->unlisted_count++;
    ahash->failed = true;
    if (!ahash->status_only)
        ahash_print_status(ahash, path, "unlisted", "NOT LISTED");
    free(path);
}

void ahash_check_finish(struct ahash *ahash)
{
    const struct ahash_counts *total = &ahash->total;
    struct ahash_count counts[] = {
        {"ok", total->matched},
        {"failed", total->mismatched},
        {"missing", total->missing + total->ignored},
        {"unreadable", total->unreadable - total->missing},
        {"malformed", total->bad_lines},
        {"unlisted", ahash->report_unlisted ? ahash->unlisted_count : AHASH_NOT_COUNTED},
        {NULL, 0},
    };

    if (ahash->status_only)
        return;
    warn_of(ahash->unlisted_count, "file is not listed", "files are not listed");
    if (ahash->summary)
        ahash_print_counts(ahash, "summary", NULL, counts);
}

void ahash_check_retire(struct ahash *ahash, struct file *file)
{
    const struct ahash_item *item = ahash_item(ahash, file);

    switch (item->kind) {
    case AHASH_CHECK:
        retire_checked(ahash, file);
        break;
    case AHASH_UNLISTED:
        retire_unlisted(ahash, file);
        break;
    case AHASH_BAD_LINE:
        ahash->counts.bad_lines++;
        if (ahash->json && !ahash->status_only)
            ahash_json_bad_line(file->name, item->line);
        if (ahash->warn)
            cli_message(0, "%s: %" PRIu64 ": improperly formatted %s%schecksum line",
                        check_name(file->name), item->line, ahash->tag ? ahash->tag : "",
                        ahash->tag ? " " : "");
        break;
    default:
        retire_end(ahash, file);
        break;
    }
}
