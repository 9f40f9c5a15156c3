/* sync/read.c: the blocking engine's read: one file after the other, one read(2) after the other.
 *
 * Nothing cleverer, on purpose: it is the yardstick that the ring is held against. The kernel's
 * readahead is all the overlap that it has; more comes from more workers, a thread each. */
#define _GNU_SOURCE
#include "sync.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

ssize_t sync_read_some(int fd, void *buf, size_t len)
{
    ssize_t n;

    do
        n = read(fd, buf, len);
    while (n < 0 && errno == EINTR);
    if (n < 0 && errno == EINVAL) {
        /* O_DIRECT, and an offset or a filesystem that cannot: the rest goes through the cache */
        int flags = fcntl(fd, F_GETFL);
        if (flags >= 0 && (flags & O_DIRECT) && fcntl(fd, F_SETFL, flags & ~O_DIRECT) == 0)
            return sync_read_some(fd, buf, len);
        errno = EINVAL;
    }
    return n < 0 ? -errno : n;
}

int sync_open(const struct engine_opts *opts, struct file *file)
{
    struct stat st;
    int flags = O_RDONLY | O_CLOEXEC | O_NOCTTY | (file->dir->may_follow ? 0 : O_NOFOLLOW);
    int fd;

    do
        fd = openat(file->dir->fd, file->name, flags);
    while (fd < 0 && errno == EINTR);
    if (fd < 0)
        return -errno;
    /* fails where the filesystem cannot; then it is an ordinary read, as auto's always is here */
    if (opts->direct == DIRECT_ALWAYS)
        (void)fcntl(fd, F_SETFL, O_DIRECT);
    if (opts->progress && fstat(fd, &st) == 0 && S_ISREG(st.st_mode))
        progress_size(opts->progress, file, (uint64_t)st.st_size);
    return fd;
}

static void read_file(const struct engine_opts *opts, struct file *file, struct sink *sink,
                      char *buf, size_t block, struct stats *stats)
{
    int fd = sync_open(opts, file);
    ssize_t n;

    if (fd < 0) {
        file_fail(file, STEP_OPEN, fd);
        return;
    }
    while ((n = sync_read_some(fd, buf, block)) > 0) {
        int rc = sink->data(sink, file, buf, (size_t)n);
        if (rc < 0) {
            file_fail(file, STEP_SINK, rc);
            break;
        }
        file->bytes += (uint64_t)n;
        stats->bytes_read += (uint64_t)n;
        progress_bytes(opts->progress, (uint64_t)n);
    }
    if (n < 0)
        file_fail(file, STEP_READ, (int)n);
    close(fd);
}

static int sync_read(const struct engine_opts *opts, struct feed *feed, struct sink *sink,
                     struct stats *stats)
{
    size_t block = opts->block_bytes ? opts->block_bytes : SYNC_BLOCK_BYTES;
    struct file *file;
    void *buf;

    if (posix_memalign(&buf, 4096, block) != 0)
        return -ENOMEM;
    while (feed_next(feed, &file, true) == 0) {
        read_file(opts, file, sink, buf, block, stats);
        sink->end(sink, file);
        stats->files++;
        stats->failed += file->status < 0;
        feed_done(feed, file);
    }
    free(buf);
    return 0;
}

static int sync_probe(const char **why)
{
    (void)why;
    return 0;
}

const struct engine engine_sync = {
    .name = "sync",
    .probe = sync_probe,
    .read = sync_read,
    .copy = sync_copy,
};
