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
#include <sys/stat.h>
#include <unistd.h>

#include "../base/cache.h"
#include "../base/direct.h"
#include "poll.h"
#include "source.h"
#include "sync.h"

enum {
    FEED_POLL_MS = 10, /* the producer cannot wake a thread that polls */
    /* A file of more than this that was not in the page cache is not left in it either: it would
     * drive out what is in use. */
    LARGE_BYTES = 1024 * 1024,
    DROP_BYTES = 8 * 1024 * 1024, /* at a time: 2,048 pages, some 0.3 ms */
};

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
    ssize_t n = source_read(fd, buf, block, *by_offset ? (off_t)file->bytes : -1);
    struct stat st;

    if (n != -ESPIPE || !*by_offset)
        return n;
    *by_offset = false; /* as regular files in /sys/kernel/tracing do, too */
    if (fstat(fd, &st) == 0 && source_replaced(file, st.st_mode))
        return 0;
    return source_read(fd, buf, block, -1);
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
            if (source_replaced(file, st.st_mode))
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
        (void)source_replaced(file, st.st_mode);
    if (n < 0)
        file_fail(file, STEP_READ, (int)n);
    if (drop)
        cache_drop(fd, dropped, 0);
    close(fd);
}

/* Opens a file and reads it; one that may let us wait joins the set. */
static void take_file(const struct engine_opts *opts, struct file *file, struct poll_set *set,
                      struct feed *feed, struct sink *sink, char *buf, size_t block,
                      struct stats *stats)
{
    /* where files are delivered in order there is nothing to get on with; and what a walk has found
     * is a regular file */
    bool may_wait = !opts->ordered && file->type == DT_UNKNOWN;
    int fd = source_open(opts, file, may_wait ? O_NONBLOCK : 0);
    struct stat st;

    if (fd < 0) {
        file_fail(file, STEP_OPEN, fd);
    } else if (may_wait && fstat(fd, &st) == 0 && (S_ISFIFO(st.st_mode) || S_ISCHR(st.st_mode)) &&
               poll_set_add(set, file, fd) == 0) {
        return;
    } else {
        read_file(opts, file, fd, sink, buf, block, stats);
    }
    source_end(file, feed, sink, stats);
}

int sync_read(const struct engine_opts *opts, struct feed *feed, struct sink *sink,
              struct stats *stats)
{
    size_t block = source_block_bytes(opts);
    struct poll_set set = {.progress = opts->progress};
    struct file *file;
    void *buf = direct_alloc(block);
    int rc;

    if (!buf)
        return -ENOMEM;
    while ((rc = feed_next(feed, &file, set.len == 0)) == 0 || set.len > 0) {
        if (rc == 0)
            take_file(opts, file, &set, feed, sink, buf, block, stats);
        if (set.len > 0)
            poll_set_step(&set,
                          rc == 0         ? 0
                          : rc == -EAGAIN ? FEED_POLL_MS
                                          : -1,
                          buf, block, feed, sink, stats);
    }
    poll_set_free(&set);
    free(buf);
    return 0;
}
