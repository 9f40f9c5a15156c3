/* uring/open.c: opening what the slots' files are, and choosing how to read it. See open.h. */
#define _GNU_SOURCE
#include "open.h"

#include <dirent.h>
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
    struct open_how how = {
        .flags = (uint64_t)(open_flags(file) | extra_flags),
        .resolve = RESOLVE_CACHED,
    };
    long fd = syscall(SYS_openat2, file->dir->fd, file->name, &how, sizeof(how));

    return fd < 0 ? -errno : (int)fd;
}

/* An operand may be a FIFO or a device, whose plain open could wait for ever; O_NONBLOCK would not
 * wait, but lets go a writer that waits for a reader. O_PATH tells without opening it. */
static bool is_known_regular(const struct file *file)
{
    struct stat st;
    int fd;
    bool regular;

    if (file->type == DT_REG)
        return true;
    fd = open_cached(file, O_PATH);
    if (fd < 0)
        return false;
    regular = fstat(fd, &st) == 0 && S_ISREG(st.st_mode);
    close(fd);
    return regular;
}

static void open_by_ring(struct pump *pump, struct slot *slot)
{
    struct io_uring_sqe *sqe = ring_sqe(&pump->ring);
    const struct file *file = slot->file;

    io_uring_prep_openat(sqe, file->dir->fd, file->name, open_flags(file), 0);
    /* it will wait: the kernel need not try on our time, and its try would open a FIFO without
     * waiting for a writer */
    sqe->flags |= IOSQE_ASYNC;
    io_uring_sqe_set_data64(sqe, stream_user_data(&slot->head, STREAM_OPEN));
    slot->state = SLOT_OPENING;
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
    slot->seekable = S_ISREG(slot->st.st_mode) || S_ISBLK(slot->st.st_mode);
    slot->size = S_ISREG(slot->st.st_mode) ? (uint64_t)slot->st.st_size : 0;
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
    if (pump->last_was_resident && !slot->opened_cold && slot->file->type == DT_REG &&
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
    int fd = is_known_regular(file) ? open_cached(file, O_NONBLOCK) : -EAGAIN;

    /* what is not cached, and what an older kernel or a sandbox does not let us ask */
    if (fd == -EAGAIN || fd == -EINVAL || fd == -ENOSYS || fd == -EPERM) {
        slot->opened_cold = fd == -EAGAIN && file->type == DT_REG;
        open_by_ring(pump, slot);
    } else {
        open_done(pump, slot, fd);
    }
}
