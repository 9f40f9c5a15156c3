/* sync/load.c: load with blocking calls: one request after the other.
 *
 * uring/load.c is the same operation with a ring. */
#define _GNU_SOURCE
#include "sync.h"

#include <errno.h>
#include <unistd.h>

#include "../load/load.h"
#include "../base/retry.h"

struct run {
    struct load *load;
    struct load_result *result;
    struct load_buffers buffers;
    uint64_t now_ns; /* when the last request returned */
};

/* Reads or writes a block, or syncs, waiting for it. Returns the number of bytes or -errno. */
static int make_request(struct run *run, const struct load_request *request)
{
    int fd = run->load->fd;
    char *buf = run->buffers.first;
    size_t len = run->load->opts.block_bytes;
    off_t at = (off_t)request->offset;
    ssize_t n;

    if (request->kind == LOAD_WRITE)
        load_fill(run->load, request, buf);
    do
        n = request->kind == LOAD_READ    ? pread(fd, buf, len, at)
            : request->kind == LOAD_WRITE ? pwrite(fd, buf, len, at)
                                          : fsync(fd);
    while (n < 0 && errno == EINTR);
    return n < 0 ? -errno : (int)n;
}

/* Counts a request that has returned. Returns 0 or -errno. */
static int request_done(struct run *run, const struct load_request *request, int res)
{
    uint64_t start_ns = run->now_ns;

    run->now_ns = stats_now_ns();
    return load_count(run->result, request->kind, start_ns, run->now_ns, res);
}

/* Goes on until load_next has no more. Returns 0 or -errno. */
static int run_requests(struct run *run)
{
    struct load_request request = {.kind = LOAD_READ};
    int rc = 0;

    run->now_ns = stats_now_ns();
    while (rc == 0 &&
           (load_follow(run->load, &request) || load_next(run->load, run->now_ns, &request)))
        rc = request_done(run, &request, make_request(run, &request));
    return rc;
}

int sync_load(struct load *load, struct load_result *result)
{
    struct run run = {.load = load, .result = result};
    int rc = load_buffers_init(&run.buffers, load, 1);

    if (rc < 0)
        return rc;
    rc = run_requests(&run);
    load_buffers_free(&run.buffers);
    return rc;
}
