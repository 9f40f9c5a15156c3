/* uring/open.c: see open.h. */
#define _GNU_SOURCE
#include "open.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <linux/openat2.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "../base/cache.h"
#include "../base/filesystem.h"
#include "../base/leased.h"
#include "../base/preload.h"
#include "slow.h"
#include "../base/retry.h"

enum {
    TRUST_MAX = 31,
};

/* Returns the flags of open(2): with O_NONBLOCK, so that opening a FIFO or a device does not wait;
 * open_stream clears it, but for a FIFO. */
static int open_flags(const struct file *file)
{
    return O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK | (file->dir->may_follow ? 0 : O_NOFOLLOW);
}

/* Opens a name that is in the dentry cache, without waiting. -EAGAIN: it is not there. */
static int open_cached(const struct file *file, int flags)
{
    struct open_how how = {.flags = (uint64_t)flags, .resolve = RESOLVE_CACHED};
    long fd = RETRY(syscall(SYS_openat2, file->dir->fd, file->name, &how, sizeof(how)));

    return fd < 0 ? -errno : (int)fd;
}

bool open_is_redirected(void)
{
    struct open_how how = {.flags = O_PATH | O_CLOEXEC};
    int libc = open("/", O_PATH | O_CLOEXEC);
    long fd = RETRY(syscall(SYS_openat2, AT_FDCWD, "/", &how, sizeof(how)));
    struct stat known, raw;
    bool elsewhere = libc >= 0 && fd >= 0 && fstat(libc, &known) == 0 &&
                     fstat((int)fd, &raw) == 0 &&
                     (known.st_dev != raw.st_dev || known.st_ino != raw.st_ino);

    if (libc >= 0)
        close(libc);
    if (fd >= 0)
        close((int)fd);
    return elsewhere || preload_present() || preload_tracer();
}

/* Requests an open, which may wait. */
static void open_by_ring(struct loop *loop, struct slot *slot, int dir_fd, const char *name,
                         int flags)
{
    struct io_uring_sqe *sqe = ring_sqe(&loop->ring);

    io_uring_prep_openat(sqe, dir_fd, name, flags, 0);
    sqe->flags |= IOSQE_ASYNC; /* it will wait: the kernel need not try at once */
    loop_request(sqe, &slot->small_block, REQUEST_OPEN);
}

/* Tells whether poll(2) finds the file ready for everything, as it does if the file has no poll of
 * its own. */
static bool always_ready(int fd)
{
    struct pollfd all = {.fd = fd, .events = POLLIN | POLLOUT | POLLRDNORM | POLLWRNORM};

    return poll(&all, 1, 0) == 1 && all.revents == all.events;
}

bool open_blocking(struct slot *slot)
{
    if (!S_ISREG(slot->st.st_mode) || always_ready(slot->fd))
        return false;
    (void)fcntl(slot->fd, F_SETFL, 0);
    slot_to(slot, SLOT_BLOCKING);
    return true;
}

void open_stream(struct slot *slot)
{
    /* what is read through the ring may wait; O_NONBLOCK would forbid it if the filesystem cannot
     * tell beforehand */
    if (!slot->direct && !S_ISFIFO(slot->st.st_mode))
        (void)fcntl(slot->fd, F_SETFL, 0);
    slot_to(slot, SLOT_STREAM);
}

/* Tells whether the rest of a file is read past the page cache. */
static bool wants_direct(const struct loop *loop, const struct slot *slot)
{
    if (loop->opts->direct != DIRECT_AUTO)
        return loop->opts->direct == DIRECT_ALWAYS;
    return cache_is_cold(slot->fd, &slot->st, slot->size, slot->delivered);
}

void open_choose_path(struct loop *loop, struct slot *slot)
{
    if (slot_is_seekable(slot) && wants_direct(loop, slot)) {
        slot->direct = fcntl(slot->fd, F_SETFL, O_DIRECT) == 0;
        /* if the filesystem cannot, what is in the cache is dropped, so that it is read again */
        if (!slot->direct && loop->opts->direct == DIRECT_ALWAYS)
            cache_drop(slot->fd, 0, 0);
    }
    if (!slot_is_seekable(slot) || slot->direct)
        open_stream(slot);
    else if (slot->state != SLOT_INLINE)
        slot_to(slot, SLOT_INLINE);
}

/* Learns from slot->st what the file is. status: -errno if fstat(2) has failed. Returns false if
 * the file has failed. */
static bool stat_known(struct loop *loop, struct slot *slot, int status)
{
    uint64_t device_bytes;

    if (status < 0) {
        slot_fail(slot, STEP_STAT, status);
        return false;
    }
    /* a FIFO, say, which would be waited for */
    if (file_fail_replaced(slot->file, slot->st.st_mode)) {
        slot_to(slot, SLOT_DONE);
        return false;
    }
    slow_learn_open(loop, slot);
    slot->regular = S_ISREG(slot->st.st_mode);
    slot->size = slot->regular ? (uint64_t)slot->st.st_size : 0;
    if (S_ISBLK(slot->st.st_mode) && ioctl(slot->fd, BLKGETSIZE64, &device_bytes) == 0)
        slot->size = device_bytes;
    progress_size(loop->opts->progress, slot->file, slot->size);
    return true;
}

bool open_stat(struct loop *loop, struct slot *slot)
{
    return stat_known(loop, slot, slow_fstat(loop, slot));
}

/* Tells whether to try a read that does not wait without asking if the file is cached: one read
 * tells of a small file, and after one that was in the cache the next is likely to be. */
static bool reads_first(const struct loop *loop, const struct slot *slot)
{
    return loop->last_was_cached && !slot->opened_cold && loop->opts->direct == DIRECT_AUTO &&
           slot->regular && slot->size <= loop->small_bytes;
}

static bool is_trusted(const struct loop *loop, const struct slot *slot)
{
    return loop->trusted > 0 && !slot->opened_cold && loop->opts->direct == DIRECT_AUTO &&
           slot->regular && slot->size > 0 && slot->size <= loop->small_bytes &&
           slot->st.st_dev == loop->trusted_dev;
}

void open_trust(struct loop *loop, const struct slot *slot, bool cached)
{
    if (loop->trusted_dev != slot->st.st_dev) {
        loop->trusted_dev = slot->st.st_dev;
        loop->trust_next = 0;
        loop->may_trust = filesystem_is_overlay(slot->fd);
    }
    if (!cached || !loop->may_trust)
        loop->trust_next = 0;
    loop->trusted = loop->trust_next;
    if (cached && loop->may_trust && loop->trust_next < TRUST_MAX)
        loop->trust_next = 2 * loop->trust_next + 1;
}

void open_decide(struct loop *loop, struct slot *slot)
{
    enum loop_next next = loop->ops->opened ? loop->ops->opened(loop, slot) : LOOP_READ;

    if (next == LOOP_READ && is_trusted(loop, slot)) {
        loop->trusted--;
        slot->cached = slot->trusted = true;
        slot_to(slot, SLOT_INLINE);
        slot_to(slot, SLOT_BLOCKING);
    } else if (next == LOOP_READ && reads_first(loop, slot)) {
        slot->unasked = true;
        slot_to(slot, SLOT_INLINE);
    } else if (next == LOOP_READ) {
        open_choose_path(loop, slot);
    } else if (next == LOOP_END) {
        slot_to(slot, SLOT_DONE);
    } else if (slot->state != SLOT_PARKED) {
        slot_to(slot, SLOT_PARKED);
    }
}

/* Goes on with a file whose slot->st is known. A FIFO has been opened without waiting. */
static void kind_known(struct loop *loop, struct slot *slot)
{
    struct io_uring_sqe *sqe;

    if (!S_ISFIFO(slot->st.st_mode) || !loop->ops->awaits_writer ||
        !loop->ops->awaits_writer(loop, slot)) {
        open_decide(loop, slot);
        return;
    }
    sqe = ring_sqe(&loop->ring);
    io_uring_prep_poll_add(sqe, slot->fd, POLLIN);
    loop_request(sqe, &slot->small_block, REQUEST_POLL);
}

/* Goes on with the file that has been opened as fd, or has failed if fd is -errno. */
static void opened(struct loop *loop, struct slot *slot, int fd)
{
    if (fd < 0) {
        slot_fail(slot, STEP_OPEN, fd);
        return;
    }
    slot->fd = fd;
    /* After one file that was in the cache the next is likely to be: read it and see. Asking first
     * (fstat, cachestat) would cost 10% of a cached tree's time. A copy needs fstat: reads_first.
     */
    if (loop->last_was_cached && !slot->opened_cold && !loop->ops->opened &&
        loop->opts->direct != DIRECT_ALWAYS && loop->trusted == 0)
        slot_to(slot, SLOT_GUESSED);
    else if (!slow_request_stat(loop, slot) && open_stat(loop, slot))
        kind_known(loop, slot);
}

void open_stat_done(struct loop *loop, struct slot *slot, int res)
{
    if (stat_known(loop, slot, slow_stat_done(loop, slot, res)))
        kind_known(loop, slot);
}

/* Opens a file on which another process has a lease again, by a request that waits. */
static int open_leased(struct loop *loop, struct slot *slot)
{
    char *opens = slot->small_block.buf; /* not used yet */
    int flags = open_flags(slot->file);
    int held = leased_hold(slot->file->dir->fd, slot->file->name, flags, opens);

    if (held < 0)
        return held;
    slot->fd = held;
    slot_to(slot, SLOT_WAIT_LEASE);
    open_by_ring(loop, slot, AT_FDCWD, opens, flags & ~(O_NONBLOCK | O_NOFOLLOW));
    return 0;
}

/* Takes the O_PATH descriptor of open_ask_type, and asks it for the type. fd < 0: the type was
 * known before, or stays unknown. */
static void type_known(struct slot *slot, int fd)
{
    struct stat st;

    if (fd >= 0) {
        slot->regular = fstat(fd, &st) == 0 && S_ISREG(st.st_mode);
        close(fd);
    }
    slot_to(slot, SLOT_TYPE_KNOWN);
}

void open_done(struct loop *loop, struct slot *slot, int res)
{
    int flags = open_flags(slot->file);

    if (slot->state == SLOT_TYPE_PENDING) {
        type_known(slot, res);
        return;
    }
    if (slot->state == SLOT_WAIT_LEASE) {
        if (res == -ECANCELED || res == -EINTR || res == -ENOMEM)
            res = leased_open(slot->file->dir->fd, slot->file->name, flags);
        close(slot->fd);
        slot->fd = -1;
        slot_to(slot, SLOT_OPENING);
    } else if (ring_may_repeat(res)) {
        /* EAGAIN may also be a lease: a plain call tells */
        res = openat(slot->file->dir->fd, slot->file->name, flags);
        res = res < 0 ? -errno : res;
        if (res == -EAGAIN && (res = open_leased(loop, slot)) == 0)
            return;
    }
    opened(loop, slot, res);
}

void open_start(struct loop *loop, struct slot *slot)
{
    int flags = open_flags(slot->file);
    uint64_t start = slow_open_start(loop);
    int fd = loop->slow_open || loop->redirected ? -EAGAIN : open_cached(slot->file, flags);

    slot_to(slot, SLOT_OPENING);
    if (loop->redirected) {
        open_done(loop, slot, fd);
        return;
    }
    /* it is not cached, or an older kernel or a sandbox does not let us ask */
    if (fd == -EAGAIN || fd == -EINVAL || fd == -ENOSYS || fd == -EPERM) {
        slot->opened_cold = fd == -EAGAIN;
        open_by_ring(loop, slot, slot->file->dir->fd, slot->file->name, flags);
    } else {
        slow_opened(loop, slot, start);
        opened(loop, slot, fd);
    }
}

void open_ask_type(struct loop *loop, struct slot *slot)
{
    /* openat2 is strict: only these go together with O_PATH */
    int flags = O_PATH | O_CLOEXEC | (slot->file->dir->may_follow ? 0 : O_NOFOLLOW);
    int fd = -EBADF;

    if (!slot->regular && loop->redirected)
        fd = openat(slot->file->dir->fd, slot->file->name, flags);
    else if (!slot->regular)
        fd = open_cached(slot->file, flags);
    if (fd == -EAGAIN) {
        slot_to(slot, SLOT_TYPE_PENDING);
        open_by_ring(loop, slot, slot->file->dir->fd, slot->file->name, flags);
    } else {
        type_known(slot, fd);
    }
}
