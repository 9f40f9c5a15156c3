/* uring/slow.c: see slow.h. */
#define _GNU_SOURCE
#include "slow.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "../base/filesystem.h"
#include "../base/statx.h"
#include "../base/retry.h"

/* A call that takes longer may be one to a server. A request costs some 0.02 ms of processor time,
 * as much as a call to a filesystem in user space that answers at once. */
static const uint64_t slow_ns = 200000;

enum {
    OPENS_A_SAMPLE = 8,
};

uint64_t slow_open_start(const struct loop *loop)
{
    return loop->opens % OPENS_A_SAMPLE == 0 ? stats_now_ns() : 0;
}

void slow_opened(struct loop *loop, struct slot *slot, uint64_t start)
{
    loop->opens++;
    if (start > 0 && stats_now_ns() - start > slow_ns)
        slot->open_waited = slot->opened_cold = true;
}

void slow_learn_open(struct loop *loop, const struct slot *slot)
{
    if (slot->open_waited && filesystem_is_remote(slot->fd)) {
        loop->slow_open = true;
        loop->slow_dev = slot->st.st_dev;
    } else if (loop->slow_open && slot->st.st_dev != loop->slow_dev) {
        loop->slow_open = false;
    }
}

int slow_fstat(struct loop *loop, struct slot *slot)
{
    uint64_t start = slot->opened_cold ? stats_now_ns() : 0;

    if (fstat(slot->fd, &slot->st) < 0)
        return -errno;
    if (slot->opened_cold && stats_now_ns() - start > slow_ns && filesystem_is_remote(slot->fd)) {
        loop->slow_stat = true;
        loop->slow_dev = slot->st.st_dev;
    }
    return 0;
}

bool slow_request_stat(struct loop *loop, struct slot *slot)
{
    struct io_uring_sqe *sqe;

    if (!loop->slow_stat || !slot->opened_cold)
        return false;
    sqe = ring_sqe(&loop->ring);
    io_uring_prep_statx(sqe, slot->fd, "", AT_EMPTY_PATH, STATX_BASIC_STATS,
                        (struct statx *)(void *)slot->small_block.buf); /* not used yet */
    sqe->flags |= IOSQE_ASYNC;
    loop_request(sqe, &slot->small_block, REQUEST_STAT);
    return true;
}

int slow_stat_done(struct loop *loop, struct slot *slot, int res)
{
    if (res < 0) /* io-wq has no thread, say */
        return fstat(slot->fd, &slot->st) < 0 ? -errno : 0;
    slot->st = statx_stat((const struct statx *)(const void *)slot->small_block.buf);
    loop->slow_stat = slot->st.st_dev == loop->slow_dev;
    return 0;
}

/* Tells whether closing this file waits. */
static bool close_waits(struct loop *loop, const struct slot *slot)
{
    if (loop->broken < 0 || slot->st.st_mode == 0 || (!loop->slow_close && !loop->close_was_slow))
        return false;
    if (loop->close_was_slow) {
        loop->close_was_slow = false; /* the thread may only have had no processor */
        loop->slow_close = filesystem_is_remote(slot->fd);
        loop->slow_dev = loop->slow_close ? slot->st.st_dev : loop->slow_dev;
    }
    return loop->slow_close && slot->st.st_dev == loop->slow_dev;
}

bool slow_close(struct loop *loop, struct slot *slot)
{
    struct io_uring_sqe *sqe;
    uint64_t start;

    if (slot->fd < 0)
        return true;
    if (close_waits(loop, slot)) {
        sqe = ring_sqe(&loop->ring);
        io_uring_prep_close(sqe, slot->fd);
        sqe->flags |= IOSQE_ASYNC;
        loop_request(sqe, &slot->small_block, REQUEST_CLOSE);
        slot_to(slot, SLOT_CLOSING);
        return false;
    }
    start = slot->opened_cold ? stats_now_ns() : 0;
    close(slot->fd);
    if (slot->opened_cold && stats_now_ns() - start > slow_ns)
        loop->close_was_slow = true;
    return true;
}

void slow_close_done(struct slot *slot, int res)
{
    struct stat st;

    /* The request was not begun. A filesystem may give this error, too, with the file closed and
     * its number given to another one. */
    if (res == -ECANCELED && fstat(slot->fd, &st) == 0 && st.st_dev == slot->st.st_dev &&
        st.st_ino == slot->st.st_ino)
        close(slot->fd);
    slot->fd = -1;
}
