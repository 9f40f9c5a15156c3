/* target.c: the file that --write overwrites: one that abench makes itself, or a device. */
#define _GNU_SOURCE
#include "target.h"
#include "child.h"
#include "../../cli/messages.h"
#include "../../cli/quote.h"
#include "../../cli/sizes.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

enum { FILL_BYTES = 256 * 1024, USUAL_BYTES = 1 << 30 };

/* Chooses the size if it is not given: no more than half of the free space. */
static void choose_size(struct bench_options *opts, const char *dir)
{
    uint64_t half = 0;
    struct statvfs fs;

    if (opts->size > 0 && opts->size < FILL_BYTES)
        cli_fatal(0, "--size must be at least %dK", FILL_BYTES / 1024);
    if (opts->size == 0 && statvfs(dir, &fs) < 0)
        cli_fatal(errno, "%s", cli_quote_maybe(dir));
    if (opts->size == 0) {
        half = (uint64_t)fs.f_bavail * fs.f_frsize / 2;
        opts->size = half < USUAL_BYTES ? half : USUAL_BYTES;
    }
    opts->size -= opts->size % FILL_BYTES;
    if (opts->size == 0)
        cli_fatal(0, "%s: no room for the file to write; make room, or name a directory with more",
                  cli_quote_maybe(dir));
}

void target_choose(struct bench *bench, const char *given)
{
    struct bench_options *opts = &bench->opts;
    struct bench_data *data = &bench->data;
    char *path = NULL, *slash;
    struct stat st;
    int rc = lstat(given, &st) < 0 ? -errno : 0;

    if (rc == 0 && S_ISLNK(st.st_mode) && stat(given, &st) < 0)
        rc = -EEXIST; /* of a link that leads nowhere, too */
    data->device = rc == 0 && S_ISBLK(st.st_mode);
    if (data->device && !opts->destroy_data)
        cli_fatal(0, "%s: a block device: --destroy-data overwrites all that is on it",
                  cli_quote_maybe(given));
    if (opts->destroy_data && !data->device && rc != -ENOENT)
        cli_fatal(0, "%s: not a block device, which --destroy-data is for", cli_quote_maybe(given));
    if (data->device && opts->size > 0)
        cli_fatal(0, "--size cannot be used with a block device");
    if (rc == -EEXIST || (rc == 0 && !S_ISDIR(st.st_mode) && !data->device))
        cli_fatal(0,
                  "%s exists: --write makes a file of its own; name a directory, or a file that is"
                  " not there",
                  cli_quote(given));
    if (rc < 0 && (rc != -ENOENT || opts->destroy_data))
        cli_fatal(-rc, "%s", cli_quote_maybe(given));
    bench->target.in_directory = rc == 0 && !data->device;
    rc = asprintf(&path, "%s%s", given[0] == '-' ? "./" : "", given);
    data->paths = bench_need(calloc(1, sizeof(char *)));
    data->paths[0] = bench_need(rc < 0 ? NULL : path);
    data->n_paths = 1;
    if (data->device)
        return;
    slash = strrchr(path, '/');
    char *dir = bench_need(bench->target.in_directory ? strdup(path)
                           : slash                    ? strndup(path, (size_t)(slash - path) + 1)
                                                      : strdup("."));
    choose_size(opts, dir);
    free(dir);
}

/* Writes a file, and syncs it: the blocks of a hole, or those that were only reserved, would be
 * written and read in another way. Returns 0 or -errno. */
static int fill(int fd, uint64_t size, uint64_t seed)
{
    static uint64_t block[FILL_BYTES / sizeof(uint64_t)];

    if (fallocate(fd, 0, 0, (off_t)size) < 0 && errno != EOPNOTSUPP && errno != ENOSYS)
        return -errno;
    seed |= 1;
    for (uint64_t at = 0; at < size && !child_signal;) {
        for (size_t i = 0; i < FILL_BYTES / sizeof(uint64_t); i++) {
            seed ^= seed << 13;
            seed ^= seed >> 7;
            seed ^= seed << 17;
            block[i] = seed;
        }
        size_t len = size - at < FILL_BYTES ? (size_t)(size - at) : FILL_BYTES;
        ssize_t n = pwrite(fd, block, len, (off_t)at);
        if (n < 0 && errno != EINTR)
            return -errno;
        at += n > 0 ? (uint64_t)n : 0;
    }
    if (child_signal)
        return -EINTR;
    if (fsync(fd) < 0)
        return -errno;
    (void)posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
    return 0;
}

/* Makes a file without a name, of which nothing is left even if this process is killed. A command
 * of the user needs a name. Returns false if that is not possible here. */
static bool make_unnamed(struct bench *bench)
{
    struct bench_target *target = &bench->target;

    if (bench->opts.n_commands > 0)
        return false;
    target->fd = open(bench->data.paths[0], O_RDWR | O_CLOEXEC | O_TMPFILE | O_EXCL, 0600);
    if (target->fd < 0)
        return false;
    if (asprintf(&target->path[0], "/proc/%d/fd/%d", (int)getpid(), target->fd) < 0)
        cli_fatal(0, "memory exhausted");
    if (access(target->path[0], R_OK) == 0)
        return true;
    close(target->fd);
    free(target->path[0]);
    target->path[0] = NULL;
    return false;
}

/* Replaces the directory by a name in it. */
static void choose_name(struct bench_data *data)
{
    char *path;

    if (asprintf(&path, "%s/abench.%d", data->paths[0], (int)getpid()) < 0)
        cli_fatal(0, "memory exhausted");
    free(data->paths[0]);
    data->paths[0] = path;
}

static void target_open(struct bench *bench)
{
    struct bench_target *target = &bench->target;
    const char *path;
    int read_only = 0;

    target->open = target->in_directory && make_unnamed(bench);
    if (target->open)
        return;
    if (target->in_directory)
        choose_name(&bench->data);
    path = bench->data.paths[0];
    /* of a device O_EXCL fails if it is mounted or otherwise in use */
    target->fd = bench->data.device ? open(path, O_RDWR | O_CLOEXEC | O_EXCL)
                                    : open(path, O_RDWR | O_CLOEXEC | O_EXCL | O_CREAT, 0600);
    target->open = target->fd >= 0;
    target->made = target->open && !bench->data.device;
    if (target->open && bench->data.device && ioctl(target->fd, BLKROGET, &read_only) == 0 &&
        read_only)
        cli_fatal(EROFS, "cannot write to %s", cli_quote(path));
    if (!target->open)
        cli_fatal(errno, bench->data.device ? "cannot write to %s" : "cannot create %s",
                  cli_quote(path));
}

void target_make(struct bench *bench)
{
    struct bench_target *target = &bench->target;
    uint64_t size = bench->opts.size;
    char text[CLI_SIZE_BYTES];
    int rc = 0;

    if (bench->opts.write_percent == 0)
        return;
    target_open(bench);
    const char *path = bench->data.paths[0];
    bool fills = !bench->data.device;
    if (fills) {
        cli_status("writing %s", path);
        rc = fill(target->fd, size, bench->opts.seed);
        cli_status_clear();
    }
    if (rc < 0 && rc != -EINTR)
        cli_fatal(-rc, "cannot write %s to %s; choose another place, or a smaller --size",
                  cli_size((double)size, text), cli_quote(path));
    clock_gettime(CLOCK_REALTIME, &bench->begun); /* the file has not changed since */
}

void target_settle(const struct bench *bench)
{
    if (bench->target.open)
        (void)fsync(bench->target.fd);
}

void target_remove(struct bench *bench)
{
    if (bench->target.open)
        close(bench->target.fd);
    if (bench->target.made)
        unlink(bench->data.paths[0]);
    free(bench->target.path[0]);
    bench->target = (struct bench_target){.made = false};
}
