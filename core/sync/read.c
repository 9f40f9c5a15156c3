/* sync/read.c: the blocking engine's read: one file after the other, one read(2) after the other.
 *
 * Nothing cleverer, on purpose: it is the yardstick that the ring is held against. The kernel's
 * readahead is all the overlap that it has; more comes from more workers, a thread each. Only what
 * may never come to an end, as a FIFO that has no writer yet, must not keep the others waiting. */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../base/cache.h"
#include "../base/leased.h"
#include "../base/salvage.h"
#include "poll.h"
#include "sync.h"

enum {
    FEED_POLL_MS = 10, /* the producer cannot wake a thread that polls */
    /* A file of more than this that was not in the page cache is not left in it either: it would
     * drive out what is in use. */
    LARGE_BYTES = 1024 * 1024,
    DROP_BYTES = 8 * 1024 * 1024, /* at a time: 2,048 pages, some 0.3 ms */
};

/* Takes what can be read before the place where a read has failed. */
static ssize_t read_salvaged(int fd, void *buf, size_t len, off_t at, int status)
{
    off_t from = at < 0 ? lseek(fd, 0, SEEK_CUR) : at;
    size_t n = from < 0 ? 0 : salvage_read(fd, buf, len, (uint64_t)from, &status);

    if (n > 0 && at < 0 && lseek(fd, from + (off_t)n, SEEK_SET) < 0)
        return -errno;
    return n > 0 ? (ssize_t)n : status;
}

ssize_t sync_read_some(int fd, void *buf, size_t len, off_t at)
{
    ssize_t n;

    do
        n = at < 0 ? read(fd, buf, len) : pread(fd, buf, len, at);
    while (n < 0 && errno == EINTR);
    if (n < 0 && errno == EAGAIN) {
        /* a regular file that makes one wait (/proc/kmsg), and was opened with O_NONBLOCK */
        struct stat st;
        if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && fcntl(fd, F_SETFL, 0) == 0)
            return sync_read_some(fd, buf, len, at);
        errno = EAGAIN;
    }
    if (n < 0 && errno == EINVAL) {
        /* O_DIRECT, and an offset or a filesystem that cannot: the rest goes through the cache */
        int flags = fcntl(fd, F_GETFL);
        if (flags >= 0 && (flags & O_DIRECT) && fcntl(fd, F_SETFL, flags & ~O_DIRECT) == 0) {
            cache_drop(fd, 0, 0); /* it is not in there: it comes from the device all the same */
            return sync_read_some(fd, buf, len, at);
        }
        errno = EINVAL;
    }
    if (n >= 0)
        return n;
    return errno == EAGAIN ? -errno : read_salvaged(fd, buf, len, at, -errno);
}

size_t sync_block_bytes(const struct engine_opts *opts)
{
    const size_t align = 4096; /* no device here has larger logical blocks */
    size_t block = opts->block_bytes ? opts->block_bytes : SYNC_BLOCK_BYTES;

    return opts->direct == DIRECT_ALWAYS ? (block + align - 1) & ~(align - 1) : block;
}

/* Large blocks lie on huge pages, as the ring's do: a direct request is then few pieces of memory
 * and not one for each 4 KiB, of which a device takes so many at once and no more. 4 GiB cold in
 * blocks of 16 MiB: 5.2 s without, 2.5 s with (virtio, 254 segments). */
void *sync_block_new(size_t bytes)
{
    const size_t page = 4096, huge_page = 2 << 20;
    void *block;

    if (posix_memalign(&block, bytes < huge_page ? page : huge_page, bytes) != 0)
        return NULL;
    if (bytes >= huge_page)
        (void)madvise(block, bytes, MADV_HUGEPAGE);
    return block;
}

/* Opens a file. What was found as a regular file may be a FIFO by now, and that must not be waited
 * for. */
static int open_file(const struct engine_opts *opts, struct file *file, int flags)
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

bool sync_replaced(struct file *file, mode_t mode)
{
    if (file->type != DT_REG || S_ISREG(mode))
        return false;
    file_fail(file, STEP_REPLACED, -ESTALE);
    return true;
}

int sync_open(const struct engine_opts *opts, struct file *file, int flags)
{
    return open_file(opts, file, flags);
}

void sync_end(struct file *file, struct feed *feed, struct sink *sink, struct stats *stats)
{
    sink->end(sink, file);
    stats->files++;
    stats->failed += file->status < 0;
    feed_done(feed, file);
}

/* Whether a file, of which the first block has been read, is large and has not been in the page
 * cache. Asked no earlier, since most files are small; what that read has brought in, and the
 * kernel's readahead with it, is before LARGE_BYTES. */
static bool is_large_and_cold(int fd, const struct stat *st)
{
    int64_t resident;

    if (!S_ISREG(st->st_mode) || st->st_size / 2 <= LARGE_BYTES)
        return false;
    resident = cache_resident_end(fd, st, LARGE_BYTES);
    return resident >= 0 && resident < (st->st_size - LARGE_BYTES) / 2;
}

/* Reads a file's next bytes. A file that was found as a regular one is read by its offset, which a
 * FIFO or a terminal refuses: so it is known without a call for each file. */
static ssize_t read_next(struct file *file, int fd, char *buf, size_t block, bool *by_offset)
{
    ssize_t n = sync_read_some(fd, buf, block, *by_offset ? (off_t)file->bytes : -1);
    struct stat st;

    if (n != -ESPIPE || !*by_offset)
        return n;
    *by_offset = false; /* as regular files in /sys/kernel/tracing do, too */
    if (fstat(fd, &st) == 0 && sync_replaced(file, st.st_mode))
        return 0;
    return sync_read_some(fd, buf, block, -1);
}

static void read_file(const struct engine_opts *opts, struct file *file, int fd, struct sink *sink,
                      char *buf, size_t block, struct stats *stats)
{
    bool drop = false, looked = false, by_offset = file->type == DT_REG;
    uint64_t dropped = 0;
    struct stat st;
    ssize_t n;

    while ((n = read_next(file, fd, buf, block, &by_offset)) > 0) {
        int rc;
        /* it is large, or goes on after a short read, as a device that replaced a file may do */
        if (!looked && (file->bytes > 0 || (size_t)n == block) && fstat(fd, &st) == 0) {
            looked = true;
            if (sync_replaced(file, st.st_mode))
                break;
            drop = file->bytes == 0 && opts->direct == DIRECT_AUTO && is_large_and_cold(fd, &st);
        }
        rc = sink->data(sink, file, buf, (size_t)n);
        if (rc < 0) {
            file_fail(file, STEP_SINK, rc);
            break;
        }
        file->bytes += (uint64_t)n;
        stats->bytes_read += (uint64_t)n;
        progress_bytes(opts->progress, (uint64_t)n);
        if (drop && file->bytes - dropped >= DROP_BYTES) {
            cache_drop(fd, dropped, file->bytes);
            dropped = file->bytes;
        }
    }
    /* it looks empty, or would wait: not asked for other files, which would cost a call each */
    if (file->status == 0 && (n < 0 || file->bytes == 0) && fstat(fd, &st) == 0)
        (void)sync_replaced(file, st.st_mode);
    if (n < 0)
        file_fail(file, STEP_READ, (int)n);
    if (drop)
        cache_drop(fd, dropped, 0);
    close(fd);
}

/* Opens a file and reads it; one that may let us wait joins the slow ones. */
static void take_file(const struct engine_opts *opts, struct file *file, struct slow *slow,
                      struct feed *feed, struct sink *sink, char *buf, size_t block,
                      struct stats *stats)
{
    /* where files are delivered in order there is nothing to get on with; and what a walk has found
     * is a regular file */
    bool may_wait = !opts->ordered && file->type == DT_UNKNOWN;
    int fd = open_file(opts, file, may_wait ? O_NONBLOCK : 0);
    struct stat st;

    if (fd < 0) {
        file_fail(file, STEP_OPEN, fd);
    } else if (may_wait && fstat(fd, &st) == 0 && (S_ISFIFO(st.st_mode) || S_ISCHR(st.st_mode)) &&
               slow_add(slow, file, fd) == 0) {
        return;
    } else {
        read_file(opts, file, fd, sink, buf, block, stats);
    }
    sync_end(file, feed, sink, stats);
}

static int sync_read(const struct engine_opts *opts, struct feed *feed, struct sink *sink,
                     struct stats *stats)
{
    size_t block = sync_block_bytes(opts);
    struct slow slow = {.progress = opts->progress};
    struct file *file;
    void *buf = sync_block_new(block);
    int rc;

    if (!buf)
        return -ENOMEM;
    while ((rc = feed_next(feed, &file, slow.len == 0)) == 0 || slow.len > 0) {
        if (rc == 0)
            take_file(opts, file, &slow, feed, sink, buf, block, stats);
        if (slow.len > 0)
            slow_step(&slow,
                      rc == 0         ? 0
                      : rc == -EAGAIN ? FEED_POLL_MS
                                      : -1,
                      buf, block, feed, sink, stats);
    }
    slow_free(&slow);
    free(buf);
    return 0;
}

static int sync_probe(const char **why)
{
    (void)why;
    return 0;
}

static void sync_abandon(void)
{
}

const struct engine engine_sync = {
    .name = "sync",
    .probe = sync_probe,
    .read = sync_read,
    .copy = sync_copy,
    .load = sync_load,
    .abandon = sync_abandon,
};
