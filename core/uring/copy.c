/* uring/copy.c: the io_uring engine's copy.
 *
 * The sources come through the loop like those of uring/read.c, many at a time. The destinations of
 * small files are made and written by plain calls: on ext4 the kernel hands a creating open and
 * every buffered write to a thread of its own when they come through the ring, and that costs more
 * than it saves (a cold source tree took 4.0-4.9 s with all of it through the ring, 2.4-3.0 s this
 * way). A large file that is not in the cache goes from device to device: O_DIRECT on both sides,
 * writes through the ring, too, while the next blocks are read.
 *
 * Until the last bytes of such a file are written, its size is kept short of the source's: whatever
 * ends the program, no file looks complete that is not. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/falloc.h>
#include <linux/magic.h>
#include <string.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "../base/direct.h"
#include "../copy/dest.h"
#include "../copy/extents.h"
#include "loop.h"
#include "uring.h"
#include "write.h"

enum {
    DIRECT_MIN = 8 * 1024 * 1024, /* smaller ones are done sooner in the cache */
    /* Blocks wait for their digest, too, while others are read and written: 4 GiB took 1.14 times
     * as long with a digest in 12 blocks of 1 MiB, 1.04 times in 32. */
    DIGEST_POOL_BYTES = 32 * 1024 * 1024,
};

struct copy_slot {
    struct dest dest;
    bool opened;      /* dest has been */
    bool looked;      /* whether to write directly has been decided */
    bool direct;      /* dest.fd is O_DIRECT */
    uint64_t tail_at; /* direct: what comes from here on is written last */
    size_t tail_len;
    char tail[DIRECT_ALIGN];
};

struct copy_run {
    struct copy *copy;
    struct sink *sink;
};

static enum loop_verdict copy_opened(struct loop *loop, struct slot *slot)
{
    struct copy_run *run = loop->arg;
    struct copy_slot *op = slot->op;
    int verdict = dest_open(run->copy, slot->file, slot->fd, &slot->st, false, &op->dest);

    op->opened = true;
    if (verdict == DEST_LATER)
        return LOOP_LATER;
    slot->sparse = op->dest.sparse;
    slot->data_end = op->dest.sparse ? 0 : UINT64_MAX;
    return verdict == DEST_WRITE || verdict == DEST_READ ? LOOP_READ : LOOP_END;
}

/* Whether a filesystem does more with buffered writes than to store them: compresses them, or lays
 * them out as it finds best. Direct ones into blocks that are allocated would keep it from that.
 * (60 MB of repeated text on btrfs with compress=zstd: none of
 * its extents were compressed, and all were through the cache.) */
static bool transforms(int fd)
{
    static const uint32_t types[] = {BTRFS_SUPER_MAGIC, F2FS_SUPER_MAGIC, 0xca451a4e /* bcachefs */,
                                     0x2fc12fc1 /* ZFS */};
    struct statfs fs;

    if (fstatfs(fd, &fs) < 0)
        return false;
    for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
        if ((uint32_t)fs.f_type == types[i])
            return true;
    return false;
}

/* Prepares the destination of a large file for direct writes, where the source is read directly. */
static void look(struct slot *slot)
{
    struct copy_slot *op = slot->op;
    uint64_t size = slot->size;
    int fd = op->dest.fd;

    op->looked = true;
    if (!slot->direct || !op->dest.regular || slot->sparse || op->dest.zeros_hole ||
        op->dest.read_only || size < DIRECT_MIN || transforms(fd) ||
        fcntl(fd, F_SETFL, O_DIRECT) < 0)
        return;
    op->direct = true;
    op->dest.resize = true;
    op->tail_at = (size - 1) & ~(uint64_t)(DIRECT_ALIGN - 1);
    unfinished_extend(&op->dest.unfinished, op->tail_at);
    /* Writes within the size need not wait for each other, and with the blocks allocated at once
     * they are in one piece. Where it cannot be done the writes find out about a full disk. */
    if (fallocate(fd, FALLOC_FL_KEEP_SIZE, 0, (off_t)size) == 0 || errno == EOPNOTSUPP)
        (void)!ftruncate(fd, (off_t)op->tail_at);
}

/* Writes what was kept for the end. */
static int write_tail(struct loop *loop, struct copy_slot *op)
{
    size_t len = op->tail_len;

    if (!op->direct)
        return 0;
    op->direct = false;
    op->tail_len = 0;
    loop->stats->bytes_written += len;
    if (fcntl(op->dest.fd, F_SETFL, 0) < 0)
        return -errno;
    return dest_write(&op->dest, op->tail, len, op->tail_at);
}

static int copy_block(struct loop *loop, struct slot *slot, struct block *block)
{
    struct copy_slot *op = slot->op;
    uint64_t end = block->offset + block->got;
    int rc;

    if (!op->looked)
        look(slot);
    if (op->direct && op->tail_len == 0 && block->offset % DIRECT_ALIGN == 0 &&
        block->offset <= op->tail_at && end <= slot->size) {
        uint32_t ahead = end > op->tail_at ? (uint32_t)(op->tail_at - block->offset) : block->got;
        if (ahead % DIRECT_ALIGN == 0) {
            op->tail_len = block->got - ahead;
            memcpy(op->tail, block->buf + ahead, op->tail_len);
            if (ahead == 0)
                return 0;
            write_block(loop, block, op->dest.fd, ahead);
            return 0;
        }
    }
    /* small, or not as large as it said, or larger */
    rc = write_tail(loop, op);
    if (rc == 0)
        rc = dest_write(&op->dest, block->buf, block->got, block->offset);
    if (rc == 0 && !op->dest.read_only)
        loop->stats->bytes_written += block->got;
    return rc;
}

static int copy_data(struct loop *loop, struct slot *slot, struct block *block)
{
    struct copy_run *run = loop->arg;
    struct copy_slot *op = slot->op;
    int rc;

    rc = dest_digest(&op->dest, run->sink, slot->file, block->buf, block->got, block->offset);
    if (rc < 0)
        return rc;
    rate_take(run->copy->rate, block->got);
    rc = copy_block(loop, slot, block);
    if (rc < 0)
        file_fail(slot->file, STEP_WRITE, rc);
    return rc;
}

static ssize_t copy_move(struct loop *loop, struct slot *slot)
{
    struct copy_slot *op = slot->op;
    ssize_t moved = dest_offload(slot->file, &op->dest, slot->delivered, slot->data_end);

    if (moved > 0) {
        op->looked = true; /* it is in the cache now: the rest goes through it, too */
        loop->stats->bytes_written += (uint64_t)moved;
    }
    return moved;
}

/* Copies what has been appended to a sparse source, by plain calls: its reads were issued up to the
 * size that it had, and it may have ended in a hole. Returns the source's size. */
static uint64_t copy_appended(struct copy_run *run, struct slot *slot, struct stats *stats)
{
    struct copy_slot *op = slot->op;
    struct file *file = slot->file;
    uint64_t size = slot->delivered;
    off_t end;

    while ((end = extents_last_hole(slot->fd, (off_t)size)) == -EAGAIN && file->status == 0) {
        off_t data = lseek(slot->fd, (off_t)size, SEEK_DATA);
        ssize_t n;
        if (data < 0)
            continue;                      /* and it is gone again */
        (void)fcntl(slot->fd, F_SETFL, 0); /* the end of the data is no multiple of a block */
        n = pread(slot->fd, slot->small_block.buf, slot->small_block.cap, data);
        if (n == 0) /* that is the end, whatever the size says: sysfs */
            return size;
        if (n < 0) {
            if (errno != EINTR)
                file_fail(file, STEP_READ, -errno);
            continue;
        }
        size = (uint64_t)data;
        if (dest_digest(&op->dest, run->sink, file, slot->small_block.buf, (size_t)n, size) < 0)
            break;
        rate_take(run->copy->rate, (uint64_t)n);
        end = dest_write(&op->dest, slot->small_block.buf, (size_t)n, size);
        if (end < 0)
            file_fail(file, STEP_WRITE, (int)end);
        size += (uint64_t)n;
        file->bytes += (uint64_t)n;
        stats->bytes_read += (uint64_t)n;
        stats->bytes_written += (uint64_t)n;
    }
    if (end < 0 && file->status == 0)
        file_fail(file, STEP_READ, (int)end);
    return end > (off_t)size ? (uint64_t)end : size;
}

static void copy_ended(struct loop *loop, struct slot *slot)
{
    struct copy_run *run = loop->arg;
    struct copy_slot *op = slot->op;
    struct file *file = slot->file;
    uint64_t size = slot->delivered;

    if (op->opened) {
        if (file->status == 0) {
            int rc = write_tail(loop, op);
            if (rc < 0)
                file_fail(file, STEP_WRITE, rc);
        }
        if (slot->sparse && file->status == 0) {
            size = copy_appended(run, slot, loop->stats);
            if (file->status == 0)
                dest_digest(&op->dest, run->sink, file, NULL, 0, size);
        }
        dest_end(run->copy, file, &slot->st, &op->dest, size);
    } else {
        dest_source_unopened(run->copy, file);
    }
    if (run->sink)
        run->sink->end(run->sink, file);
}

int uring_copy(const struct engine_opts *opts, struct feed *feed, struct copy *copy,
               struct sink *sink, struct stats *stats)
{
    struct copy_run run = {.copy = copy, .sink = sink};
    struct loop_ops ops = {
        .slot_bytes = sizeof(struct copy_slot),
        .pool_bytes = sink ? DIGEST_POOL_BYTES : 0,
        .opened = copy_opened,
        .data = copy_data,
        .move = copy_move,
        .ended = copy_ended,
    };

    return loop_run(opts, feed, &ops, &run, stats);
}
