/* verify.c: verifies that an arm did equal work: a command that omits some of it is not faster. */
#define _GNU_SOURCE
#include "verify.h"
#include "child.h"
#include "data.h"
#include "digest_lines.h"
#include "../../cli/messages.h"
#include "../../../core/base/cache.h"
#include "../../../core/base/leased.h"

#include <assert.h>
#include <dirent.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/fiemap.h>
#include <linux/fs.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
    ERROR_LINES_SHOWN = 5,
    /* results of a comparison in a fork */
    RESULT_EQUAL = 0,
    RESULT_DIFFERS = 10,
    RESULT_UNKNOWN_FORMAT = 11,
};

/* A comparison, made in a fork. */
struct comparison {
    struct bench *bench;
    const struct bench_arm *arm;
    const char *dest;
    bool content;
    struct manifest got; /* entries of the copy */
    uint64_t *reflinked; /* number of reflinked files, shared with the parent */
};

/* Returns true if the file's first extent is shared with another file, as FIEMAP tells. */
static bool first_extent_shared(int fd)
{
    union {
        struct fiemap map;
        unsigned char room[sizeof(struct fiemap) + sizeof(struct fiemap_extent)];
    } request = {.map = {.fm_length = FIEMAP_MAX_OFFSET, .fm_extent_count = 1}};

    return ioctl(fd, FS_IOC_FIEMAP, &request) == 0 && request.map.fm_mapped_extents == 1 &&
           (request.map.fm_extents[0].fe_flags & FIEMAP_EXTENT_SHARED) != 0;
}

/* Drops a file's clean pages. Returns true if it is a reflink. */
static bool evict_copied(const char *path)
{
    int fd = leased_open_first(AT_FDCWD, path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    bool shared = fd >= 0 && first_extent_shared(fd);

    if (fd >= 0) {
        cache_drop(fd, 0, 0);
        close(fd);
    }
    return shared;
}

/* Adds an entry of the copy, and drops its pages: they are on the device by now, and the next run
 * should find as much free memory as this one. */
static int take_copied(const struct manifest_entry *entry, void *arg)
{
    struct comparison *comparison = arg;

    manifest_add(&comparison->got, entry);
    if (entry->type == DT_REG)
        *comparison->reflinked += evict_copied(entry->path);
    return 0;
}

/* Returns the result of a comparison whose first differences have been printed. */
static int result_of(const struct comparison *comparison, unsigned differences)
{
    if (differences > BENCH_DIFFERENCES_SHOWN)
        cli_message(0, "arm %s: and %u more", comparison->arm->name,
                    differences - BENCH_DIFFERENCES_SHOWN);
    return differences > 0 ? RESULT_DIFFERS : RESULT_EQUAL;
}

static int compare_manifests(struct comparison *comparison, struct manifest *want)
{
    char *path = (char *)comparison->dest;
    struct manifest *got = &comparison->got;
    struct data_unreadable unreadable = {.quiet = true};
    struct stat copy, source;

    if (manifest_load(want, bench_temp(comparison->bench, "manifest")) < 0)
        return 1;
    if (lstat(path, &copy) < 0) {
        cli_message(0, "arm %s: no copy was created", comparison->arm->name);
        return RESULT_DIFFERS;
    }
    if (stat(comparison->bench->data.paths[0], &source) < 0 ||
        /* a directory that cannot be read is copied with its mode */
        data_walk(&path, 1, comparison->content,
                  comparison->bench->data.unreadable > 0 ? &unreadable : NULL, take_copied,
                  comparison) < 0)
        return 1;
    return result_of(comparison, manifest_compare(comparison->bench, comparison->arm->name, want,
                                                  got, copy.st_dev == source.st_dev));
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

static int compare_lines(const struct comparison *comparison, struct digest_lines *want,
                         struct digest_lines *got)
{
    const struct bench *bench = comparison->bench;

    if (!digest_lines_load(want, bench_temp(bench, "reference")))
        return 1;
    if (!digest_lines_load(got, bench_temp(bench, "out")))
        return RESULT_UNKNOWN_FORMAT;
    return result_of(comparison, digest_lines_compare(bench, comparison->arm->name, want, got));
}

static int compare_digests(void *arg)
{
    struct digest_lines want = {0}, got = {0};
    int result = compare_lines(arg, &want, &got);

    digest_lines_free(&want);
    digest_lines_free(&got);
    return result;
}

/* Prints the first lines of the arm's own messages. */
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

/* Returns true for an exit status that an arm has if it could not read every file, and there are
 * such files: 123 is that of xargs. */
static bool status_excused(const struct bench *bench, int status)
{
    return (status == 1 || status == 123) && bench->data.unreadable + bench->data.changed > 0;
}

static bool arm_failed(const struct bench *bench, const struct bench_arm *arm,
                       const struct bench_sample *sample)
{
    int status = sample->wait_status;

    if (sample->timed_out)
        cli_message(0, "arm %s: stopped after %.0f s: time limit reached", arm->name,
                    sample->seconds);
    else if (WIFSIGNALED(status))
        cli_message(0, "arm %s: killed by signal %d", arm->name, WTERMSIG(status));
    else if (WEXITSTATUS(status) != 0 && !status_excused(bench, WEXITSTATUS(status)))
        cli_message(0, "arm %s: exit status %d", arm->name, WEXITSTATUS(status));
    else if (sample->left_running > 0)
        cli_message(0, "arm %s: left %u process%s running, which had to be killed", arm->name,
                    sample->left_running, sample->left_running > 1 ? "es" : "");
    else
        return false;
    show_messages(bench);
    return true;
}

/* Compares the counters of our own commands with the data. */
static bool counters_differ(const struct bench *bench, const struct bench_arm *arm,
                            const struct bench_sample *sample)
{
    const struct bench_data *data = &bench->data;
    double bytes = bench_bytes(bench);

    if (!arm->argv || (sample->bytes >= bytes && sample->files >= (double)data->files))
        return false;
    cli_message(0, "arm %s: read %.0f of %.0f files and %.0f of %.0f bytes", arm->name,
                sample->files, (double)data->files, sample->bytes, bytes);
    return true;
}

/* Warns about reflinks: a clone is a copy, but not equal work. */
static void take_reflinked(struct bench *bench, const struct bench_arm *arm,
                           struct bench_sample *sample, const uint64_t *reflinked)
{
    sample->reflinked = *reflinked;
    if (sample->reflinked > 0)
        bench_warn(bench,
                   "arm %s created reflinks: %" PRIu64
                   " of its files share their blocks with the source, and no bytes were copied;"
                   " compare it with arms that do the same",
                   arm->name, sample->reflinked);
}

enum bench_check verify_run(struct bench *bench, struct bench_arm *arm, struct bench_sample *sample,
                            const char *dest)
{
    struct comparison comparison = {.bench = bench, .arm = arm, .dest = dest};
    int result = RESULT_EQUAL;

    assert((dest != NULL) == (bench->opts.operation == BENCH_COPY));
    if (arm_failed(bench, arm, sample))
        return CHECK_FAILED;
    if (arm->ceiling)
        return CHECK_NONE;
    if (bench->opts.operation == BENCH_READ) {
        if (counters_differ(bench, arm, sample))
            return CHECK_DIFFERS;
        return arm->argv ? CHECK_SIZES : CHECK_NONE;
    }
    if (bench->opts.operation == BENCH_HASH) {
        if (counters_differ(bench, arm, sample))
            return CHECK_DIFFERS;
        result = child_call(compare_digests, &comparison);
        if (result == RESULT_UNKNOWN_FORMAT && arm->command)
            return CHECK_NONE;
        if (result == RESULT_UNKNOWN_FORMAT)
            cli_message(0, "arm %s: the output is not a list of digests", arm->name);
    } else {
        comparison.content = bench->opts.verify_all || !arm->content_seen;
        comparison.reflinked = bench_need(child_shared_new(sizeof(*comparison.reflinked)));
        result = child_call(compare_copy, &comparison);
        take_reflinked(bench, arm, sample, comparison.reflinked);
        child_shared_free(comparison.reflinked, sizeof(*comparison.reflinked));
    }
    if (result == RESULT_DIFFERS)
        return CHECK_DIFFERS;
    if (result != RESULT_EQUAL) {
        if (result != RESULT_UNKNOWN_FORMAT && !child_signal)
            cli_message(0, "arm %s: cannot compare its result", arm->name);
        return CHECK_FAILED;
    }
    arm->content_seen = true;
    return bench->opts.operation == BENCH_COPY && !comparison.content ? CHECK_SIZES : CHECK_CONTENT;
}
