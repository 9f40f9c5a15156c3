/* source.c: see source.h. */
#define _GNU_SOURCE
#include "source.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../base/cache.h"
#include "../base/direct.h"
#include "../base/leased.h"
#include "../base/salvage.h"
#include "../crew.h"
#include "../base/retry.h"

enum {
    /* A file of more than this that was not in the page cache is not left in it either: it would
     * drive out what is in use. */
    LARGE_BYTES = 1024 * 1024,
    DROP_BYTES = 8 * 1024 * 1024, /* at a time: 2,048 pages, some 0.3 ms */
};

/* Reads what can be read before the place where a read has failed. */
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
        /* a regular file that would wait (/proc/kmsg), and was opened with O_NONBLOCK; a filesystem
         * may also fail so */
        struct stat st;
        int flags = fcntl(fd, F_GETFL);
        if (flags >= 0 && (flags & O_NONBLOCK) && fstat(fd, &st) == 0 && S_ISREG(st.st_mode) &&
            fcntl(fd, F_SETFL, flags & ~O_NONBLOCK) == 0)
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
    return n >= 0 ? n : read_salvaged(fd, buf, len, at, -errno);
}

size_t source_block_bytes(const struct engine_opts *opts)
{
    size_t block = opts->block_bytes ? opts->block_bytes : SOURCE_BLOCK_BYTES;

    return opts->direct == DIRECT_ALWAYS ? direct_align(block) : block;
}

int source_open(const struct engine_opts *opts, struct file *file, int flags)
{
    struct stat st;
    int fd;

    if (file->type == DT_REG)
        flags |= O_NONBLOCK; /* it may be a FIFO by now, which must not be waited for */
    flags |= O_RDONLY | O_CLOEXEC | O_NOCTTY | (file->dir->may_follow ? 0 : O_NOFOLLOW);
    crew_before(opts->member);
    fd = openat(file->dir->fd, file->name, flags);
    fd = fd < 0 ? -errno : fd;
    if (fd == -EAGAIN && (flags & O_NONBLOCK))
        fd = leased_open(file->dir->fd, file->name, flags);
    crew_after(opts->member);
    if (fd < 0)
        return fd;
    /* if the filesystem cannot, what is in the cache is dropped, so that it is read again */
    if (opts->direct == DIRECT_ALWAYS && fcntl(fd, F_SETFL, O_DIRECT) < 0)
        cache_drop(fd, 0, 0);
    if (opts->progress && fstat(fd, &st) == 0 && S_ISREG(st.st_mode))
        progress_size(opts->progress, file, (uint64_t)st.st_size);
    return fd;
}

/* Tells whether a file, of which the first block has been read, is large and was not in the page
 * cache. What that read has brought in, and the kernel's readahead with it, is before LARGE_BYTES.
 */
static bool is_large_and_cold(int fd, const struct stat *st)
{
    return S_ISREG(st->st_mode) && st->st_size / 2 > LARGE_BYTES &&
           cache_is_cold(fd, st, (uint64_t)st->st_size, LARGE_BYTES);
}

/* Reads by offset, which a FIFO or a terminal that has replaced a regular file refuses: so that is
 * known without a call for each file. */
static ssize_t read_by_offset(struct source *source, void *buf, size_t len)
{
    ssize_t n = source_read(source->fd, buf, len, (off_t)source->file->bytes);
    struct stat st;

    if (n != -ESPIPE)
        return n;
    source->by_offset = false; /* as regular files in /sys/kernel/tracing do, too */
    if (fstat(source->fd, &st) == 0 && file_fail_replaced(source->file, st.st_mode))
        return 0;
    return source_read(source->fd, buf, len, -1);
}

/* Learns what the file is, once it is known to be more than one short read. */
static void check(struct source *source, const struct engine_opts *opts)
{
    if (source->st.st_mode == 0 && fstat(source->fd, &source->st) < 0)
        return;
    source->checked = true;
    if (!file_fail_replaced(source->file, source->st.st_mode))
        source->drop = source->file->bytes == 0 && opts->direct == DIRECT_AUTO &&
                       is_large_and_cold(source->fd, &source->st);
}

size_t source_next(struct source *source, const struct engine_opts *opts, void *buf, size_t len)
{
    struct file *file = source->file;
    struct stat st;
    ssize_t n;

    if (source->ended)
        return 0;
    if (source->drop && file->bytes - source->dropped >= DROP_BYTES) {
        cache_drop(source->fd, source->dropped, file->bytes);
        source->dropped = file->bytes;
    }
    crew_before(opts->member);
    n = source->by_offset ? read_by_offset(source, buf, len)
                          : source_read(source->fd, buf, len, -1);
    crew_after(opts->member);
    /* it is large, or goes on after a short read, as a device that replaced a file may do */
    if (n > 0 && !source->checked && (file->bytes > 0 || (size_t)n == len))
        check(source, opts);
    /* it looks empty, or would wait: not asked for other files, which would cost a call each */
    else if ((n < 0 || (n == 0 && file->bytes == 0)) && fstat(source->fd, &st) == 0)
        (void)file_fail_replaced(file, st.st_mode);
    if (n < 0)
        file_fail(file, STEP_READ, (int)n);
    if (file->status < 0)
        return 0;
    source->ended = delivery_read_all(&source->st, (size_t)n, len, file->bytes + (size_t)n);
    return (size_t)n;
}

void source_end(const struct engine_opts *opts, const struct file *file, int fd,
                struct stats *stats)
{
    struct stat st;
    int flags = opts->direct == DIRECT_ALWAYS && file->bytes > 0 ? fcntl(fd, F_GETFL) : 0;

    /* a FIFO has this flag, too, in another sense */
    if (flags > 0 && (flags & O_DIRECT) && fstat(fd, &st) == 0 && !S_ISFIFO(st.st_mode))
        stats->direct_bytes += file->bytes;
    close(fd);
}

void source_close(struct source *source, const struct engine_opts *opts, struct stats *stats)
{
    if (source->drop)
        cache_drop(source->fd, source->dropped, 0);
    source_end(opts, source->file, source->fd, stats);
}
