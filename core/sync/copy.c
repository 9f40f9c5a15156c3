/* sync/copy.c: copy with blocking calls: one file after the other, read(2) and write(2) in turn.
 *
 * uring/copy.c is the same operation with a ring. It never reads and writes at the same time, and
 * while it waits for one, it does nothing else. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <unistd.h>

#include "../base/direct.h"
#include "../base/extents.h"
#include "../copy/dest.h"
#include "../crew.h"
#include "source.h"
#include "sync.h"
#include "../base/retry.h"

struct run {
    const struct engine_opts *opts;
    struct copy *copy;
    struct delivery to;
    char *buf;
    size_t block;
    /* the file that is being copied */
    struct file *file;
    int fd;
    struct stat st;
    struct dest dest;
    uint64_t copied;      /* everything before this offset is copied, or is a hole */
    uint64_t data_end;    /* sparse: the end of the data at copied */
    uint64_t data_copied; /* sparse: the end of the data that was copied last */
};

/* Opens the destination; if that must not be yet, waits for other files. Returns an enum dest_route
 * or -errno. */
static int open_dest(struct run *run)
{
    int route = dest_open(run->copy, run->file, run->fd, &run->st, false, &run->dest);

    if (route != DEST_LATER)
        return route;
    delivery_flush(&run->to); /* they may be kept here until their digests are computed */
    if (fstat(run->fd, &run->st) < 0) {
        file_fail(run->file, STEP_STAT, -errno);
        return run->file->status;
    }
    return dest_open(run->copy, run->file, run->fd, &run->st, true, &run->dest);
}

/* Returns whether to read the source. */
static bool copy_opened(struct run *run)
{
    int route = open_dest(run);

    if (run->opts->direct == DIRECT_ALWAYS)
        run->dest.offload_end = 0;
    run->copied = 0;
    run->data_copied = 0;
    run->data_end = run->dest.sparse ? 0 : UINT64_MAX;
    return route == DEST_WRITE || route == DEST_READ;
}

/* Lets the kernel copy the next bytes if they are in the page cache. Returns whether it did. */
static bool copy_offload(struct run *run)
{
    size_t moved = dest_offload(run->file, &run->dest, run->copied, run->data_end);

    if (moved == 0)
        return false;
    run->copied += moved;
    run->data_copied = run->copied;
    run->to.stats->bytes_written += moved;
    delivery_count(&run->to, run->file, moved);
    if (lseek(run->fd, (off_t)run->copied, SEEK_SET) < 0)
        file_fail(run->file, STEP_READ, -errno);
    return true;
}

/* Writes the buffer, and waits until it is written. */
static int copy_data(struct run *run, size_t len)
{
    int rc = dest_take(run->copy, &run->dest, &run->to, run->file, run->buf, len, run->copied);

    if (rc == 0)
        rc = dest_put(&run->dest, &run->to, run->file, run->buf, len, run->copied);
    if (rc < 0)
        return rc;
    run->copied += len;
    run->data_copied = run->copied;
    delivery_count(&run->to, run->file, len);
    return 0;
}

/* Moves to the next data. Returns 1, 0 if none is left, or -errno. */
static int next_data(struct run *run)
{
    int rc;

    if (run->copied < run->data_end)
        return 1;
    rc = extents_next(run->fd, &run->copied, &run->data_end);
    if (rc == 1 && lseek(run->fd, (off_t)run->copied, SEEK_SET) < 0)
        return -errno;
    return rc;
}

/* Copies a file to its end, one block after the other. */
static void copy_file(struct run *run)
{
    struct file *file = run->file;

    while (file->status == 0) {
        size_t len = run->block;
        ssize_t n = next_data(run);

        if (n > 0 && copy_offload(run))
            continue;
        if (n > 0 && run->data_end - run->copied < len)
            len = (size_t)(run->data_end - run->copied);
        if (n > 0) {
            crew_before(run->opts->member);
            n = source_read(run->fd, run->buf, len, -1);
            crew_after(run->opts->member);
            if (n == 0 && run->dest.sparse)
                run->copied = extents_end(run->fd, run->data_copied, run->copied);
        }
        if (n < 0)
            file_fail(file, STEP_READ, (int)n);
        if (n <= 0 || copy_data(run, (size_t)n) < 0)
            return;
        if (delivery_read_all(&run->st, (size_t)n, len, run->copied))
            return;
    }
}

static void copy_ended(struct run *run)
{
    dest_end(run->copy, run->file, &run->st, &run->dest, &run->to, run->copied);
}

/* Waits for the writer of a FIFO that was opened without waiting, as opening it does. */
static void wait_for_writer(const struct run *run)
{
    struct pollfd fifo = {.fd = run->fd, .events = POLLIN};
    int flags;

    if (S_ISREG(run->st.st_mode))
        return;
    crew_before(run->opts->member);
    while (S_ISFIFO(run->st.st_mode) && poll(&fifo, 1, -1) < 0 && errno == EINTR)
        ;
    crew_after(run->opts->member);
    flags = fcntl(run->fd, F_GETFL);
    if (flags >= 0 && (flags & O_NONBLOCK))
        (void)fcntl(run->fd, F_SETFL, flags & ~O_NONBLOCK);
}

/* Opens the destination, and copies to it. One more name of a source becomes a link, without a
 * writer if it is a FIFO. */
static void copy_source(struct run *run)
{
    bool linkable = dest_link_possible(run->copy, run->file, &run->st);

    if (dest_may_link(run->copy) && !linkable && dest_wants_bytes(run->copy))
        wait_for_writer(run);
    if (!copy_opened(run))
        return;
    if (linkable)
        wait_for_writer(run);
    copy_file(run);
}

/* Opens a source, and copies it. */
static void take_file(struct run *run)
{
    struct file *file = run->file;
    /* if no bytes are wanted, or there may be a copy to link to, do not wait for a FIFO's writer */
    bool wait = dest_wants_bytes(run->copy) && !dest_may_link(run->copy);

    run->fd = source_open(run->opts, file, wait ? 0 : O_NONBLOCK);
    if (run->fd < 0)
        file_fail(file, STEP_OPEN, run->fd);
    else if (fstat(run->fd, &run->st) < 0)
        file_fail(file, STEP_STAT, -errno);
    else
        (void)file_fail_replaced(file, run->st.st_mode);
    if (file->status == 0) {
        copy_source(run);
        copy_ended(run);
    } else {
        dest_give_up_claim(run->copy, file);
    }
    if (run->fd >= 0)
        source_end(run->opts, file, run->fd, run->to.stats);
}

int sync_copy(const struct engine_opts *opts, struct feed *feed, struct copy *copy,
              struct sink *sink, struct stats *stats)
{
    struct run run = {
        .opts = opts,
        .copy = copy,
        .to = {.feed = feed, .sink = sink, .stats = stats, .progress = opts->progress},
        .block = source_block_bytes(opts)};

    run.buf = direct_alloc(run.block);
    if (!run.buf)
        return -ENOMEM;
    while (!crew_leaves(opts->member) && delivery_next(&run.to, &run.file, true) == 0) {
        take_file(&run);
        delivery_end(&run.to, run.file);
    }
    delivery_flush(&run.to);
    free(run.buf);
    return 0;
}
