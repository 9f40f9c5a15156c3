/* source.c: opening and reading the files of the feed with blocking calls. See source.h. */
#define _GNU_SOURCE
#include "source.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../base/cache.h"
#include "../base/direct.h"
#include "../base/leased.h"
#include "../base/salvage.h"

/* Takes what can be read before the place where a read has failed. */
static ssize_t read_salvaged(int fd, void *buf, size_t len, off_t at, int status)
{
    off_t from = at < 0 ? lseek(fd, 0, SEEK_CUR) : at;
    size_t n = from < 0 ? 0 : salvage_read(fd, buf, len, (uint64_t)from, &status);

    if (n > 0 && at < 0 && lseek(fd, from + (off_t)n, SEEK_SET) < 0)
        return -errno;
    return n > 0 ? (ssize_t)n : status;
}

ssize_t source_read(int fd, void *buf, size_t len, off_t at)
{
    ssize_t n;

    do
        n = at < 0 ? read(fd, buf, len) : pread(fd, buf, len, at);
    while (n < 0 && errno == EINTR);
    if (n < 0 && errno == EAGAIN) {
        /* a regular file that makes one wait (/proc/kmsg), and was opened with O_NONBLOCK */
        struct stat st;
        if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && fcntl(fd, F_SETFL, 0) == 0)
            return source_read(fd, buf, len, at);
        errno = EAGAIN;
    }
    if (n < 0 && errno == EINVAL) {
        /* O_DIRECT, and an offset or a filesystem that cannot: the rest goes through the cache */
        int flags = fcntl(fd, F_GETFL);
        if (flags >= 0 && (flags & O_DIRECT) && fcntl(fd, F_SETFL, flags & ~O_DIRECT) == 0) {
            cache_drop(fd, 0, 0); /* it is not in there: it comes from the device all the same */
            return source_read(fd, buf, len, at);
        }
        errno = EINVAL;
    }
    if (n >= 0)
        return n;
    return errno == EAGAIN ? -errno : read_salvaged(fd, buf, len, at, -errno);
}

size_t source_block_bytes(const struct engine_opts *opts)
{
    size_t block = opts->block_bytes ? opts->block_bytes : SOURCE_BLOCK_BYTES;

    return opts->direct == DIRECT_ALWAYS ? direct_align(block) : block;
}

/* Opens a file. What was found as a regular file may be a FIFO by now, and that must not be waited
 * for. */
int source_open(const struct engine_opts *opts, struct file *file, int flags)
{
    struct stat st;
    int fd;

    if (file->type == DT_REG)
        flags |= O_NONBLOCK;
    flags |= O_RDONLY | O_CLOEXEC | O_NOCTTY | (file->dir->may_follow ? 0 : O_NOFOLLOW);
    do
        fd = openat(file->dir->fd, file->name, flags);
    while (fd < 0 && errno == EINTR);
    fd = fd < 0 ? -errno : fd;
    if (fd == -EAGAIN && (flags & O_NONBLOCK))
        fd = leased_open(file->dir->fd, file->name, flags);
    if (fd < 0)
        return fd;
    /* where the filesystem cannot, what is in the cache is dropped, so that it is read anew */
    if (opts->direct == DIRECT_ALWAYS && fcntl(fd, F_SETFL, O_DIRECT) < 0)
        cache_drop(fd, 0, 0);
    if (opts->progress && fstat(fd, &st) == 0 && S_ISREG(st.st_mode))
        progress_size(opts->progress, file, (uint64_t)st.st_size);
    return fd;
}

bool source_replaced(struct file *file, mode_t mode)
{
    if (file->type != DT_REG || S_ISREG(mode))
        return false;
    file_fail(file, STEP_REPLACED, -ESTALE);
    return true;
}

void source_end(struct file *file, struct feed *feed, struct sink *sink, struct stats *stats)
{
    sink->end(sink, file);
    stats->files++;
    stats->failed += file->status < 0;
    feed_done(feed, file);
}
