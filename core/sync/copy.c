/* sync/copy.c: the blocking engine's copy: one file after the other, read(2) and write(2) in turn.
 *
 * While it reads it does not write, and while it waits for either it does nothing: that is what
 * uring/copy.c is about. What is in the page cache already the kernel copies by itself (offload.h).
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "../base/direct.h"
#include "../copy/dest.h"
#include "../copy/extents.h"
#include "source.h"
#include "sync.h"

struct run {
    struct copy *copy;
    struct progress *progress;
    struct sink *sink;
    struct stats *stats;
    char *buf;
    size_t block;
};

/* Where the bytes are in the cache, the kernel moves them. Returns how many; 0: they are to be read
 * and written; -errno with the file failed. */
static ssize_t move_some(struct file *file, int fd, struct dest *dest, uint64_t offset,
                         uint64_t end)
{
    ssize_t moved = dest_offload(file, dest, offset, end);

    if (moved > 0 && lseek(fd, (off_t)offset + moved, SEEK_SET) < 0)
        return item_fail(file, STEP_READ);
    return moved;
}

static ssize_t read_and_write(struct run *run, struct file *file, int fd, struct dest *dest,
                              uint64_t offset, uint64_t end)
{
    size_t len = end - offset < run->block ? (size_t)(end - offset) : run->block;
    ssize_t n = source_read(fd, run->buf, len, -1);
    int rc;

    if (n < 0)
        file_fail(file, STEP_READ, (int)n);
    if (n <= 0)
        return n;
    rc = dest_write(dest, run->buf, (size_t)n, offset);
    if (rc < 0)
        file_fail(file, STEP_WRITE, rc);
    else
        rc = dest_digest(dest, run->sink, file, run->buf, (size_t)n, offset);
    return rc < 0 ? rc : n;
}

/* Copies from *offset, where the source stands, to end or to the end of the file. Returns 1 at
 * that: at a read of zero bytes, or a short one that ends where the file's size says so. */
static int copy_range(struct run *run, struct file *file, int fd, struct dest *dest,
                      uint64_t *offset, uint64_t end)
{
    while (*offset < end) {
        ssize_t n = move_some(file, fd, dest, *offset, end);
        bool moved = n != 0;

        if (n == 0)
            n = read_and_write(run, file, fd, dest, *offset, end);
        if (n <= 0)
            return n < 0 ? (int)n : 1;
        *offset += (uint64_t)n;
        file->bytes += (uint64_t)n;
        run->stats->bytes_read += (uint64_t)n;
        run->stats->bytes_written += dest->read_only ? 0 : (uint64_t)n;
        progress_bytes(run->progress, (uint64_t)n);
        rate_take(run->copy->rate, (uint64_t)n);
        if (!moved && (size_t)n < run->block && *offset == dest->source_size)
            return 1;
    }
    return 0;
}

/* The same for what lies between holes. */
static void copy_data(struct run *run, struct file *file, int fd, struct dest *dest,
                      uint64_t *offset)
{
    int rc = 0;

    do {
        off_t data = lseek(fd, (off_t)*offset, SEEK_DATA);
        off_t hole = data < 0 ? -1 : lseek(fd, data, SEEK_HOLE);
        if (data < 0 && errno == ENXIO) {
            off_t end = extents_last_hole(fd, (off_t)*offset);
            if (end == -EAGAIN)
                continue;
            if (end < 0)
                file_fail(file, STEP_READ, (int)end);
            else
                *offset = (uint64_t)end;
            return;
        }
        /* what cannot tell holes is all data: files of /proc, which have no blocks */
        if (data >= 0)
            *offset = (uint64_t)data;
        if (lseek(fd, (off_t)*offset, SEEK_SET) < 0) {
            file_fail(file, STEP_READ, -errno);
            return;
        }
        rc = copy_range(run, file, fd, dest, offset, hole < 0 ? UINT64_MAX : (uint64_t)hole);
    } while (rc == 0);
}

static void copy_file(struct run *run, const struct engine_opts *opts, struct file *file)
{
    /* a FIFO of which no bytes are wanted need not have a writer */
    int fd = source_open(opts, file, run->copy->opts.attributes_only ? O_NONBLOCK : 0);
    struct dest dest;
    struct stat st;
    uint64_t size = 0;
    int verdict;

    if (fd < 0 || fstat(fd, &st) < 0) {
        file_fail(file, fd < 0 ? STEP_OPEN : STEP_STAT, fd < 0 ? fd : -errno);
        dest_source_unopened(run->copy, file);
        if (fd >= 0)
            close(fd);
        return;
    }
    if (source_replaced(file, st.st_mode)) {
        close(fd);
        return;
    }
    verdict = dest_open(run->copy, file, fd, &st, true, &dest);
    if (opts->direct == DIRECT_ALWAYS)
        dest.offload_end = 0;
    if (verdict == DEST_WRITE && dest.sparse)
        copy_data(run, file, fd, &dest, &size);
    else if (verdict == DEST_WRITE || verdict == DEST_READ)
        copy_range(run, file, fd, &dest, &size, UINT64_MAX);
    if (file->status == 0 && dest.sparse)
        dest_digest(&dest, run->sink, file, NULL, 0, size);
    dest_end(run->copy, file, &st, &dest, size);
    close(fd);
}

int sync_copy(const struct engine_opts *opts, struct feed *feed, struct copy *copy,
              struct sink *sink, struct stats *stats)
{
    struct run run = {.copy = copy, .progress = opts->progress, .sink = sink, .stats = stats};
    struct file *file;
    void *buf;

    run.block = source_block_bytes(opts);
    buf = direct_alloc(run.block);
    if (!buf)
        return -ENOMEM;
    run.buf = buf;
    while (feed_next(feed, &file, true) == 0) {
        copy_file(&run, opts, file);
        if (sink)
            sink->end(sink, file);
        stats->files++;
        stats->failed += file->status < 0;
        feed_done(feed, file);
    }
    free(buf);
    return 0;
}
