/* verify.c: equal work: whether an arm's run produced what it should have. A command that is
 * quick because it left something out is not quick. */
#define _GNU_SOURCE
#include "../abench.h"
#include "../../cli/cli.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>

enum {
    DIGEST_BYTES = 32,
    DIFFERENCES_SHOWN = 3,
    ERROR_LINES_SHOWN = 5,
    /* results of a comparison in a fork */
    RESULT_EQUAL = 0,
    RESULT_DIFFERS = 10,
    RESULT_UNKNOWN_FORMAT = 11,
};

static void *need(void *memory)
{
    if (!memory)
        cli_fatal(0, "memory exhausted");
    return memory;
}

/* -- copies: manifests -- */

/* One entry, in a file: the fixed part, and the name with its NUL. */
struct record {
    uint64_t bytes;
    uint64_t ino;        /* of regular files */
    uint64_t name_bytes; /* the NUL too */
    uint8_t digest[DIGEST_BYTES];
    uint8_t has_digest;
    uint8_t type;
    uint8_t padding[6];
};

struct item {
    struct record record;
    char *name;
};

struct manifest {
    struct item *items;
    size_t len, cap;
};

static struct record record_of(const struct bench_entry *entry)
{
    struct record record = {.bytes = entry->bytes,
                            .ino = entry->ino,
                            .name_bytes = strlen(entry->name) + 1,
                            .type = entry->type};

    if (entry->digest) {
        record.has_digest = 1;
        memcpy(record.digest, entry->digest, DIGEST_BYTES);
    }
    return record;
}

void bench_manifest_put(FILE *file, const struct bench_entry *entry)
{
    struct record record = record_of(entry);

    fwrite(&record, sizeof(record), 1, file);
    fwrite(entry->name, record.name_bytes, 1, file);
}

static void manifest_add(struct manifest *manifest, const struct record *record, char *name)
{
    if (manifest->len == manifest->cap) {
        manifest->cap = manifest->cap ? manifest->cap * 2 : 1024;
        manifest->items = need(realloc(manifest->items, manifest->cap * sizeof(struct item)));
    }
    manifest->items[manifest->len++] = (struct item){.record = *record, .name = name};
}

static void manifest_free(struct manifest *manifest)
{
    for (size_t i = 0; i < manifest->len; i++)
        free(manifest->items[i].name);
    free(manifest->items);
}

static int manifest_load(struct manifest *manifest, const char *path)
{
    FILE *file = fopen(path, "re");
    struct record record;

    if (!file)
        return -errno;
    while (fread(&record, sizeof(record), 1, file) == 1) {
        char *name = need(malloc(record.name_bytes));
        if (fread(name, record.name_bytes, 1, file) != 1) {
            free(name);
            break;
        }
        manifest_add(manifest, &record, name);
    }
    int rc = ferror(file) ? -EIO : 0;
    fclose(file);
    return rc;
}

/* A comparison in a fork. */
struct comparison {
    struct bench *bench;
    const struct bench_arm *arm;
    const char *dest;
    bool content;
    struct manifest got; /* the copy */
    uint64_t *reflinked; /* files of it; shared with the parent */
};

/* Takes an entry of the copy down, and its pages out of the cache: they are on the device by now,
 * and the next run should find as much free memory as this one. */
static int take_copied(const struct bench_entry *entry, void *arg)
{
    struct comparison *comparison = arg;
    struct record record = record_of(entry);

    manifest_add(&comparison->got, &record, need(strdup(entry->name)));
    if (entry->type == DT_REG)
        *comparison->reflinked += bench_cache_let_go(entry->path);
    return 0;
}

static int by_name(const void *a, const void *b)
{
    return strcmp(((const struct item *)a)->name, ((const struct item *)b)->name);
}

/* How an entry of the copy differs from the source's, or NULL. one_filesystem: they can be one
 * file. */
static const char *item_difference(const struct record *want, const struct record *got,
                                   bool one_filesystem)
{
    if (want->type != got->type)
        return "is of another type";
    if (want->bytes != got->bytes)
        return "has another size";
    if (one_filesystem && want->ino != 0 && want->ino == got->ino)
        return "is the source's own file, linked";
    if (want->has_digest && got->has_digest && memcmp(want->digest, got->digest, DIGEST_BYTES) != 0)
        return want->type == DT_LNK ? "points elsewhere" : "has other contents";
    return NULL;
}

static void say_more(const char *arm, unsigned differences)
{
    if (differences > DIFFERENCES_SHOWN)
        cli_message(0, "arm %s: and %u more", arm, differences - DIFFERENCES_SHOWN);
}

static unsigned manifest_compare(const char *arm, const struct manifest *want,
                                 const struct manifest *got, bool one_filesystem)
{
    unsigned differences = 0;

    for (size_t i = 0, j = 0; i < want->len || j < got->len;) {
        const struct item *x = i < want->len ? &want->items[i] : NULL;
        const struct item *y = j < got->len ? &got->items[j] : NULL;
        int order = !x ? 1 : !y ? -1 : strcmp(x->name, y->name);
        const char *text = order < 0   ? "is missing"
                           : order > 0 ? "is not in the source"
                                       : item_difference(&x->record, &y->record, one_filesystem);
        if (text && differences++ < DIFFERENCES_SHOWN)
            cli_message(0, "arm %s: in its copy, %s %s", arm, cli_quote((order > 0 ? y : x)->name),
                        text);
        i += order <= 0;
        j += order >= 0;
    }
    say_more(arm, differences);
    return differences;
}

static int compare_manifests(struct comparison *comparison, struct manifest *want)
{
    char *path = (char *)comparison->dest;
    struct manifest *got = &comparison->got;
    struct stat copy, source;

    if (manifest_load(want, bench_temp(comparison->bench, "manifest")) < 0)
        return 1;
    if (lstat(path, &copy) < 0) {
        cli_message(0, "arm %s: it made no copy", comparison->arm->name);
        return RESULT_DIFFERS;
    }
    if (stat(comparison->bench->data.paths[0], &source) < 0 ||
        bench_walk(&path, 1, comparison->content, take_copied, comparison) < 0)
        return 1;
    if (want->len > 0)
        qsort(want->items, want->len, sizeof(*want->items), by_name);
    if (got->len > 0)
        qsort(got->items, got->len, sizeof(*got->items), by_name);
    return manifest_compare(comparison->arm->name, want, got, copy.st_dev == source.st_dev)
               ? RESULT_DIFFERS
               : RESULT_EQUAL;
}

static int compare_copy(void *arg)
{
    struct comparison *comparison = arg;
    struct manifest want = {0};
    int result = compare_manifests(comparison, &want);

    manifest_free(&want);
    manifest_free(&comparison->got);
    return result;
}

/* -- digests: lines -- */

void bench_line_put(FILE *file, const struct bench_entry *entry)
{
    if (entry->path[strcspn(entry->path, "\\\n\r")])
        putc('\\', file);
    for (size_t i = 0; i < DIGEST_BYTES; i++)
        fprintf(file, "%02x", entry->digest[i]);
    fputs("  ", file);
    for (const char *at = entry->path; *at; at++) {
        if (*at == '\\')
            fputs("\\\\", file);
        else if (*at == '\n')
            fputs("\\n", file);
        else if (*at == '\r')
            fputs("\\r", file);
        else
            putc(*at, file);
    }
    putc('\n', file);
}

/* Whether a line is as sha256sum prints it. */
static bool is_digest_line(const char *line)
{
    size_t hex;

    if (*line == '\\')
        line++;
    hex = strspn(line, "0123456789abcdefABCDEF");
    return hex == 2 * (size_t)DIGEST_BYTES && line[hex] == ' ' &&
           (line[hex + 1] == ' ' || line[hex + 1] == '*') && line[hex + 2];
}

/* The same file may be called ./a//b or a/b, and be marked as binary. */
static void normalise(char *line)
{
    char *name = strchr(line, ' ') + 1;
    char *out;

    for (char *at = line; at < name; at++)
        *at = (char)tolower((unsigned char)*at);
    *name++ = ' ';
    out = name;
    while (name[0] == '.' && name[1] == '/') {
        name += 2;
        name += strspn(name, "/");
    }
    for (; *name; name++) {
        if (!(name[0] == '/' && name[1] == '/'))
            *out++ = *name;
    }
    *out = '\0';
}

struct lines {
    char **line;
    size_t len, cap;
};

static int by_line(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Reads an arm's output, sorted. Returns false where it is no list of digests. */
static bool lines_load(struct lines *lines, const char *path)
{
    FILE *file = fopen(path, "re");
    char *line = NULL;
    size_t cap = 0;
    ssize_t len;
    bool good = file != NULL;

    while (good && (len = getline(&line, &cap, file)) > 0) {
        if (line[len - 1] == '\n')
            line[len - 1] = '\0';
        good = is_digest_line(line);
        if (!good)
            break;
        normalise(line);
        if (lines->len == lines->cap) {
            lines->cap = lines->cap ? lines->cap * 2 : 1024;
            lines->line = need(realloc(lines->line, lines->cap * sizeof(char *)));
        }
        lines->line[lines->len++] = need(strdup(line));
    }
    free(line);
    if (file)
        fclose(file);
    if (lines->len > 0)
        qsort(lines->line, lines->len, sizeof(char *), by_line);
    return good && lines->len > 0;
}

static void lines_free(struct lines *lines)
{
    for (size_t i = 0; i < lines->len; i++)
        free(lines->line[i]);
    free(lines->line);
}

static unsigned lines_compare(const char *arm, const struct lines *want, const struct lines *got)
{
    unsigned differences = 0;

    for (size_t i = 0, j = 0; i < want->len || j < got->len;) {
        const char *x = i < want->len ? want->line[i] : NULL;
        const char *y = j < got->len ? got->line[j] : NULL;
        int order = !x ? 1 : !y ? -1 : strcmp(x, y);
        if (order != 0 && differences++ < DIFFERENCES_SHOWN)
            cli_message(0, "arm %s: %s: %s", arm, order < 0 ? "missing" : "only it has",
                        cli_quote(order < 0 ? x : y));
        i += order <= 0;
        j += order >= 0;
    }
    say_more(arm, differences);
    return differences;
}

static int compare_lines(const struct comparison *comparison, struct lines *want, struct lines *got)
{
    const struct bench *bench = comparison->bench;

    if (!lines_load(want, bench_temp(bench, "reference")))
        return 1;
    if (!lines_load(got, bench_temp(bench, "out")))
        return RESULT_UNKNOWN_FORMAT;
    return lines_compare(comparison->arm->name, want, got) ? RESULT_DIFFERS : RESULT_EQUAL;
}

static int compare_digests(void *arg)
{
    struct lines want = {0}, got = {0};
    int result = compare_lines(arg, &want, &got);

    lines_free(&want);
    lines_free(&got);
    return result;
}

/* -- one run -- */

/* The first lines of what the arm itself said. */
static void show_messages(const struct bench *bench)
{
    FILE *file = fopen(bench_temp(bench, "err"), "re");
    char *line = NULL;
    size_t cap = 0;

    for (unsigned shown = 0; file && shown < ERROR_LINES_SHOWN && getline(&line, &cap, file) > 0;) {
        if (line[0] == '{')
            continue;
        fprintf(stderr, "  %s", line);
        shown++;
    }
    free(line);
    if (file)
        fclose(file);
}

static bool arm_failed(const struct bench *bench, const struct bench_arm *arm,
                       const struct bench_sample *sample)
{
    int status = sample->wait_status;

    if (sample->timed_out)
        cli_message(0, "arm %s: stopped after %.0f s, the time was up", arm->name, sample->seconds);
    else if (WIFSIGNALED(status))
        cli_message(0, "arm %s: killed by signal %d", arm->name, WTERMSIG(status));
    else if (WEXITSTATUS(status) != 0)
        cli_message(0, "arm %s: exit status %d", arm->name, WEXITSTATUS(status));
    else if (sample->left_running > 0)
        cli_message(0, "arm %s: it left %u process%s running, killed now", arm->name,
                    sample->left_running, sample->left_running > 1 ? "es" : "");
    else
        return false;
    show_messages(bench);
    return true;
}

/* Our own commands count what they read. */
static bool counters_differ(const struct bench *bench, const struct bench_arm *arm,
                            const struct bench_sample *sample)
{
    const struct bench_data *data = &bench->data;
    double bytes = bench_bytes(bench);

    if (!arm->argv || (sample->bytes >= bytes && sample->files >= (double)data->files))
        return false;
    cli_message(0, "arm %s: it read %.0f files and %.0f bytes of %.0f and %.0f", arm->name,
                sample->files, sample->bytes, (double)data->files, bytes);
    return true;
}

/* A clone is a copy, but not the same work. */
static void take_reflinked(struct bench *bench, const struct bench_arm *arm,
                           struct bench_sample *sample, const uint64_t *reflinked)
{
    sample->reflinked = *reflinked;
    if (sample->reflinked > 0)
        bench_warn(bench,
                   "arm %s made reflinks: %" PRIu64 " of its files share their blocks with the"
                   " source, and no bytes were copied; compare it with arms that do the same",
                   arm->name, sample->reflinked);
}

enum bench_check bench_verify(struct bench *bench, struct bench_arm *arm,
                              struct bench_sample *sample, const char *dest)
{
    struct comparison comparison = {.bench = bench, .arm = arm, .dest = dest};
    int result = RESULT_EQUAL;

    if (arm_failed(bench, arm, sample))
        return CHECK_FAILED;
    if (arm->bound)
        return CHECK_NONE;
    if (bench->opts.operation == BENCH_READ) {
        if (counters_differ(bench, arm, sample))
            return CHECK_DIFFERS;
        return arm->argv ? CHECK_SIZES : CHECK_NONE;
    }
    if (bench->opts.operation == BENCH_HASH) {
        if (counters_differ(bench, arm, sample))
            return CHECK_DIFFERS;
        result = bench_in_child(compare_digests, &comparison);
        if (result == RESULT_UNKNOWN_FORMAT && arm->command)
            return CHECK_NONE;
        if (result == RESULT_UNKNOWN_FORMAT)
            cli_message(0, "arm %s: its output is no list of digests", arm->name);
    } else {
        comparison.content = bench->opts.verify_all || !arm->content_seen;
        comparison.reflinked = need(bench_shared(sizeof(*comparison.reflinked)));
        result = bench_in_child(compare_copy, &comparison);
        take_reflinked(bench, arm, sample, comparison.reflinked);
        bench_unshare(comparison.reflinked, sizeof(*comparison.reflinked));
    }
    if (result == RESULT_DIFFERS)
        return CHECK_DIFFERS;
    if (result != RESULT_EQUAL)
        return CHECK_FAILED;
    arm->content_seen = true;
    return bench->opts.operation == BENCH_COPY && !comparison.content ? CHECK_SIZES : CHECK_CONTENT;
}
