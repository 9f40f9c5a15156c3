/* uring/open.c: opening what the slots' files are, and choosing how to read it. See open.h. */
#define _GNU_SOURCE
#include "open.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <linux/openat2.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "stream.h"

/* cachestat(2), Linux 6.5: younger than the C library. */
#ifndef SYS_cachestat
#define SYS_cachestat 451
#endif
struct cachestat_range {
    uint64_t off, len;
};
struct cachestat {
    uint64_t nr_cache, nr_dirty, nr_writeback, nr_evicted, nr_recently_evicted;
};

/* Bytes of the file from an offset on that are in the page cache; -errno. */
static int64_t resident_bytes(int fd, uint64_t from)
{
    struct cachestat_range range = {from, 0};
    struct cachestat cs;

    if (syscall(SYS_cachestat, fd, &range, &cs, 0) < 0)
        return -errno;
    return (int64_t)(cs.nr_cache * 4096);
}

static int open_flags(const struct file *file)
{
    return O_RDONLY | O_CLOEXEC | O_NOCTTY | (file->dir->may_follow ? 0 : O_NOFOLLOW);
}

/* Opens what the dentry cache knows, without waiting. -EAGAIN: it does not know. */
static int open_cached(const struct file *file, int extra_flags)
{
    int flags = open_flags(file) | extra_flags;
    struct open_how how = {
        /* nothing is opened by O_PATH, and openat2 is strict about it */
        .flags = (uint64_t)(extra_flags & O_PATH ? flags & ~O_NOCTTY : flags),
        .resolve = RESOLVE_CACHED,
    };
    long fd = syscall(SYS_openat2, file->dir->fd, file->name, &how, sizeof(how));

    return fd < 0 ? -errno : (int)fd;
}

/* May wait for the inode. */
static bool is_regular(const struct file *file)
{
    int flags = file->dir->may_follow ? 0 : AT_SYMLINK_NOFOLLOW;
    struct stat st;

    return fstatat(file->dir->fd, file->name, &st, flags) == 0 && S_ISREG(st.st_mode);
}

static bool close_is_regular(int fd)
{
    struct stat st;
    bool regular = fd >= 0 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode);

    if (fd >= 0)
        close(fd);
    return regular;
}

static void open_by_ring(struct pump *pump, struct slot *slot, enum slot_state state,
                         int extra_flags)
{
    struct io_uring_sqe *sqe = ring_sqe(&pump->ring);
    const struct file *file = slot->file;

    io_uring_prep_openat(sqe, file->dir->fd, file->name, open_flags(file) | extra_flags, 0);
    /* it will wait: the kernel need not try on our time, and its try would open a FIFO without
     * waiting for a writer */
    sqe->flags |= IOSQE_ASYNC;
    io_uring_sqe_set_data64(sqe, stream_user_data(&slot->head, STREAM_OPEN));
    slot->state = state;
    slot->requests++;
}

static void set_direct(struct pump *pump, struct slot *slot)
{
    if (pump->opts->direct != DIRECT_NEVER && slot->seekable)
        slot->direct = fcntl(slot->fd, F_SETFL, O_DIRECT) == 0;
}

void open_choose_path(struct pump *pump, struct slot *slot)
{
    enum direct_mode direct = pump->opts->direct;
    int64_t resident = 0;

    slot->state = SLOT_STREAM;
    if (!slot->seekable)
        return;
    if (direct == DIRECT_ALWAYS || slot->opened_cold) {
        set_direct(pump, slot);
        return;
    }
    resident = resident_bytes(slot->fd, slot->delivered);
    if (resident == 0 && slot->size > 0) {
        set_direct(pump, slot);
        return;
    }
    /* a large file of which less than half is there: direct reads of all of it are faster */
    if (slot->size > slot->delivered + pump->head_bytes && resident >= 0 &&
        (uint64_t)resident < (slot->size - slot->delivered) / 2)
        set_direct(pump, slot);
    else
        slot->state = SLOT_RESIDENT;
}

int open_stat(struct slot *slot)
{
    uint64_t device_bytes;

    if (fstat(slot->fd, &slot->st) < 0)
        return -errno;
    slot->stated = true;
    slot->regular = S_ISREG(slot->st.st_mode);
    slot->seekable = slot->regular || S_ISBLK(slot->st.st_mode);
    slot->size = slot->regular ? (uint64_t)slot->st.st_size : 0;
    if (S_ISBLK(slot->st.st_mode) && ioctl(slot->fd, BLKGETSIZE64, &device_bytes) == 0)
        slot->size = device_bytes;
    return 0;
}

void open_ask(struct pump *pump, struct slot *slot)
{
    enum pump_verdict verdict = pump->ops->opened ? pump->ops->opened(pump, slot) : PUMP_READ;

    if (verdict == PUMP_READ) {
        open_choose_path(pump, slot);
    } else if (verdict == PUMP_END) {
        slot->state = SLOT_DRAIN;
    } else {
        slot->state = SLOT_PARKED;
        pump->parked++;
    }
}

void open_done(struct pump *pump, struct slot *slot, int fd)
{
    int rc;

    if (fd < 0) {
        pump_fail(slot, STEP_OPEN, fd);
        if (pump->ops->open_failed)
            pump->ops->open_failed(pump, slot);
        return;
    }
    slot->fd = fd;
    /* after one file that was in the cache the next is likely to be: read it and see. Asking first
     * (fstat, cachestat) would cost 10% of a cached tree's time. */
    if (pump->last_was_resident && !slot->opened_cold && (slot->regular || pump->opts->ordered) &&
        !pump->ops->opened && pump->opts->direct != DIRECT_ALWAYS) {
        slot->seekable = true;
        slot->state = SLOT_RESIDENT;
        return;
    }
    rc = open_stat(slot);
    if (rc < 0)
        pump_fail(slot, STEP_STAT, rc);
    else
        open_ask(pump, slot);
}

void open_start(struct pump *pump, struct slot *slot)
{
    const struct file *file = slot->file;
    bool turn = pump->opts->ordered && slot == pump->oldest;
    int fd = -EAGAIN;

    /* An operand may be a FIFO or a device, whose plain open could wait for ever; O_NONBLOCK would
     * not wait, but lets go a writer that waits for a reader. O_PATH tells without opening it. In
     * ordered mode there is nothing else to do than to wait when it is its turn. */
    if (!slot->regular && !turn)
        slot->regular = pump->last_was_resident ? is_regular(file)
                                                : close_is_regular(open_cached(file, O_PATH));
    if (slot->regular || turn)
        fd = open_cached(file, slot->regular ? O_NONBLOCK : 0);
    /* what is not cached, and what an older kernel or a sandbox does not let us ask */
    if (fd == -EAGAIN || fd == -EINVAL || fd == -ENOSYS || fd == -EPERM) {
        slot->opened_cold = fd == -EAGAIN && slot->regular;
        open_by_ring(pump, slot, SLOT_OPENING, 0);
    } else {
        open_done(pump, slot, fd);
    }
}

void open_look(struct pump *pump, struct slot *slot)
{
    int fd = slot->regular ? -EBADF : open_cached(slot->file, O_PATH);

    if (fd == -EAGAIN)
        open_by_ring(pump, slot, SLOT_LOOKING, O_PATH);
    else
        open_looked(slot, fd);
}

void open_looked(struct slot *slot, int fd)
{
    slot->regular |= close_is_regular(fd);
    slot->state = SLOT_LOOKED;
}
