/* uring/write.c: see write.h. */
#define _GNU_SOURCE
#include "write.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/falloc.h>
#include <string.h>
#include <unistd.h>

#include "../base/filesystem.h"
#include "stream.h"
#include "../base/retry.h"

enum {
    DIRECT_MIN = 8 * 1024 * 1024, /* smaller ones are done sooner in the cache */
};

/* Decides, and prepares the destination of a large file whose source is read directly. */
static void decide(struct write_state *state, const struct slot *slot, struct dest *dest)
{
    uint64_t size = slot->size;

    state->decided = true;
    if (!slot->direct || !dest->regular || slot->sparse || dest->zeros_hole || dest->read_only ||
        size < DIRECT_MIN || filesystem_transforms(dest->fd) ||
        fcntl(dest->fd, F_SETFL, O_DIRECT) < 0)
        return;
    state->on = true;
    dest->resize = true;
    state->tail_at = (size - 1) & ~(uint64_t)(DIRECT_ALIGN - 1);
    unfinished_extend(&dest->unfinished, state->tail_at);
    /* Writes within the size need not wait for each other, and with the blocks allocated at once
     * they are in one piece. If that fails, the writes find out about a full disk. */
    if (fallocate(dest->fd, FALLOC_FL_KEEP_SIZE, 0, (off_t)size) == 0 || errno == EOPNOTSUPP)
        (void)!ftruncate(dest->fd, (off_t)state->tail_at);
}

static void request_write(struct loop *loop, struct block *block)
{
    struct io_uring_sqe *sqe = ring_sqe(&loop->ring);
    const char *buf = block->buf + block->written;
    unsigned len = block->want - block->written;
    uint64_t offset = block->offset + block->written;

    if (ring_registered(&loop->ring, buf))
        io_uring_prep_write_fixed(sqe, block->write_fd, buf, len, offset, 0);
    else
        io_uring_prep_write(sqe, block->write_fd, buf, len, offset);
    loop_request(sqe, block, REQUEST_WRITE);
}

int write_block(struct loop *loop, struct block *block, struct write_state *state,
                struct dest *dest)
{
    const struct slot *slot = block->slot;
    uint64_t end = block->offset + block->got;
    uint32_t ahead = block->got;

    if (!state->decided)
        decide(state, slot, dest);
    if (!state->on)
        return 0;
    if (end > state->tail_at)
        ahead = block->offset <= state->tail_at ? (uint32_t)(state->tail_at - block->offset) : 0;
    /* it is not as large as it said, or larger */
    if (state->tail_len > 0 || block->offset % DIRECT_ALIGN != 0 ||
        block->offset > state->tail_at || end > slot->size || ahead % DIRECT_ALIGN != 0)
        return write_tail(state, dest, &loop->to, slot->file);
    state->tail_len = block->got - ahead;
    memcpy(state->tail, block->buf + ahead, state->tail_len);
    if (ahead == 0)
        return 1;
    block->write_fd = dest->fd;
    block->want = ahead;
    block->written = 0;
    block->retries = 0;
    block_to(block, BLOCK_WRITING);
    request_write(loop, block);
    return 1;
}

void write_done(struct loop *loop, struct block *block, int res)
{
    struct slot *slot = block->slot;

    if (res == -EINVAL && block->retries == 0) {
        /* a filesystem that accepts O_DIRECT and then cannot write so: through its cache, then */
        (void)fcntl(block->write_fd, F_SETFL, 0);
        block->retries++;
        request_write(loop, block);
        return;
    }
    if (ring_may_repeat(res)) {
        if (block->retries++ < BLOCK_RETRIES) {
            request_write(loop, block);
            return;
        }
        do
            res = (int)pwrite(block->write_fd, block->buf + block->written,
                              block->want - block->written,
                              (off_t)(block->offset + block->written));
        while (res < 0 && errno == EINTR);
        res = res < 0 ? -errno : res;
    }
    if (res == 0)
        res = -EIO; /* no progress and no reason: trying again could go on forever */
    if (res > 0) {
        block->written += (uint32_t)res;
        loop->to.stats->bytes_written += (uint64_t)res;
        if (block->written < block->want && slot->file->status == 0) {
            block->retries = 0;
            request_write(loop, block);
            return;
        }
    } else {
        slot_fail(slot, STEP_WRITE, res);
    }
    stream_release(loop, block);
}

int write_tail(struct write_state *state, struct dest *dest, const struct delivery *to,
               struct file *file)
{
    int rc;

    if (!state->on)
        return 0;
    state->on = false;
    if (fcntl(dest->fd, F_SETFL, 0) < 0) {
        rc = -errno;
        file_fail(file, STEP_WRITE, rc);
        return rc;
    }
    return dest_put(dest, to, file, state->tail, state->tail_len, state->tail_at);
}
