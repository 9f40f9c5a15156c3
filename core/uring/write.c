/* uring/write.c: writing a block by requests. See write.h. */
#define _GNU_SOURCE
#include "write.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "stream.h"

enum {
    RETRIES = 3, /* by the ring; after that by a plain call, which waits where the ring gave up */
};

static void submit_write(struct loop *loop, struct block *block)
{
    struct io_uring_sqe *sqe = ring_sqe(&loop->ring);
    const char *buf = block->buf + block->written;
    unsigned len = block->want - block->written;
    uint64_t offset = block->offset + block->written;

    if (loop->ring.fixed_buffer)
        io_uring_prep_write_fixed(sqe, block->write_fd, buf, len, offset, 0);
    else
        io_uring_prep_write(sqe, block->write_fd, buf, len, offset);
    loop_request(sqe, block, REQUEST_WRITE);
}

void write_block(struct loop *loop, struct block *block, int fd, uint32_t bytes)
{
    block->write_fd = fd;
    block->want = bytes;
    block->written = 0;
    block->retries = 0;
    block_to(block, BLOCK_WRITING);
    submit_write(loop, block);
}

void write_done(struct loop *loop, struct block *block, int res)
{
    struct slot *slot = block->slot;

    if (res == -EINVAL && block->retries == 0) {
        /* a filesystem that takes O_DIRECT and then will not write so: through its cache, then */
        (void)fcntl(block->write_fd, F_SETFL, 0);
        block->retries++;
        submit_write(loop, block);
        return;
    }
    if (res == -EINTR || res == -EAGAIN || res == -ENOMEM || res == -ECANCELED) {
        if (block->retries++ < RETRIES) {
            submit_write(loop, block);
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
        res = -EIO; /* no progress and no reason: trying again could go on for ever */
    if (res > 0) {
        block->written += (uint32_t)res;
        loop->stats->bytes_written += (uint64_t)res;
        if (block->written < block->want && slot->file->status == 0) {
            block->retries = 0;
            submit_write(loop, block);
            return;
        }
    } else {
        slot_fail(slot, STEP_WRITE, res);
    }
    stream_release(loop, block);
}
