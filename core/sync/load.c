/* sync/load.c: load with blocking calls: one read after the other.
 *
 * uring/load.c is the same operation with a ring. */
#define _GNU_SOURCE
#include "sync.h"

#include <errno.h>
#include <unistd.h>

#include "../load/load.h"

struct run {
    struct load *load;
    struct load_result *result;
    struct load_buffers buffers;
    uint64_t now_ns; /* when the last read returned */
};

/* Reads a block, waiting for it. Returns the number of bytes or -errno. */
static int read_block(struct run *run, uint64_t offset)
{
    ssize_t n;

    do
        n = pread(run->load->fd, run->buffers.first, run->load->opts.block_bytes, (off_t)offset);
    while (n < 0 && errno == EINTR);
    return n < 0 ? -errno : (int)n;
}

/* Counts a read that has returned. Returns 0 or -errno. */
static int read_done(struct run *run, int res)
{
    uint64_t start_ns = run->now_ns;

    run->now_ns = stats_now_ns();
    return load_count(run->result, start_ns, run->now_ns, res);
}

/* Reads until load_next has no more. Returns 0 or -errno. */
static int run_reads(struct run *run)
{
    uint64_t offset;
    int rc = 0;

    run->now_ns = stats_now_ns();
    while (rc == 0 && load_next(run->load, run->now_ns, &offset))
        rc = read_done(run, read_block(run, offset));
    return rc;
}

int sync_load(struct load *load, struct load_result *result)
{
    struct run run = {.load = load, .result = result};
    int rc = load_buffers_init(&run.buffers, load, 1);

    if (rc < 0)
        return rc;
    rc = run_reads(&run);
    load_buffers_free(&run.buffers);
    return rc;
}
