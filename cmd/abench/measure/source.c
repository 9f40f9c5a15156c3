/* source.c: files that other processes change. See source.h.
 *
 * A file has changed if its modification time is between the start of abench and now. A time in the
 * future is that of a wrong clock, and no change. */
#define _GNU_SOURCE
#include "source.h"
#include "../../cli/name_list.h"
#include "../../../core/base/access.h"
#include "../../../core/base/path.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static bool later(struct timespec a, struct timespec b)
{
    return a.tv_sec != b.tv_sec ? a.tv_sec > b.tv_sec : a.tv_nsec > b.tv_nsec;
}

static bool modified(const struct bench *bench, const struct stat *st)
{
    struct timespec now;

    clock_gettime(CLOCK_REALTIME, &now);
    return later(st->st_mtim, bench->begun) && !later(st->st_mtim, now);
}

bool source_changed(const struct bench *bench, const char *path)
{
    struct stat st;

    return lstat(path, &st) < 0 ||
           (S_ISREG(st.st_mode) &&
            (modified(bench, &st) || access_effective(AT_FDCWD, path, R_OK) < 0));
}

static bool directory_modified(const struct bench *bench, const char *path)
{
    char *dir = path_dir(path);
    struct stat st;
    bool changed = dir && stat(dir, &st) == 0 && modified(bench, &st);

    free(dir);
    return changed;
}

bool source_forgives(const struct bench *bench, const char *path, bool one_sided)
{
    struct stat st;

    if (lstat(path, &st) < 0)
        return errno == EACCES || directory_modified(bench, path); /* it has vanished since */
    return source_changed(bench, path) || (S_ISDIR(st.st_mode) && access(path, R_OK | X_OK) < 0) ||
           (one_sided && directory_modified(bench, path));
}

/* Goes through the list, and writes the names of the unchanged files to out unless it is NULL.
 * Returns the number of others, or -errno. */
static int filter(const struct bench *bench, FILE *out, struct bench_data *kept)
{
    struct names0 *names;
    const char *name;
    int changed = 0, rc;
    struct stat st;
    size_t len;

    kept->files = kept->bytes = 0;
    rc = names0_open(&names, bench_temp(bench, "list"));
    if (rc < 0)
        return rc;
    while ((rc = names0_next(names, &name, &len)) > 0) {
        if (stat(name, &st) < 0 || modified(bench, &st)) {
            changed++;
            continue;
        }
        kept->files++;
        kept->bytes += (uint64_t)st.st_size;
        if (out)
            fwrite(name, len + 1, 1, out);
    }
    names0_close(names);
    return rc < 0 ? rc : changed;
}

int source_refresh(struct bench *bench)
{
    struct bench_data kept = {0};
    int rc, changed;
    FILE *out;

    if (bench->opts.pattern) /* the blocks of one file, whatever is in them */
        return 0;
    changed = filter(bench, NULL, &kept);
    if (changed <= 0)
        return changed;
    out = fopen(bench_temp(bench, "list.new"), "we");
    if (!out)
        return -errno;
    rc = filter(bench, out, &kept);
    if (fclose(out) != 0 && rc >= 0)
        rc = -errno;
    if (rc >= 0 && rename(bench_temp(bench, "list.new"), bench_temp(bench, "list")) < 0)
        rc = -errno;
    if (rc < 0)
        return rc;
    bench->data.files = kept.files;
    bench->data.bytes = kept.bytes;
    bench->data.changed += (uint64_t)rc;
    return 0;
}
