/* sync/load.c: the blocking engine's load: one read after the other. */
#define _GNU_SOURCE
#include "sync.h"

#include <errno.h>
#include <unistd.h>

#include "../load/load.h"

static int read_at(int fd, void *buf, size_t len, uint64_t offset)
{
    ssize_t n;

    do
        n = pread(fd, buf, len, (off_t)offset);
    while (n < 0 && errno == EINTR);
    return n < 0 ? -errno : (int)n;
}

int sync_load(struct load *load, struct load_result *result)
{
    size_t block_bytes = load->opts.block_bytes;
    uint64_t start_ns, offset;
    struct load_buffers buffers;
    int rc = load_buffers_init(&buffers, load, 1);

    if (rc < 0)
        return rc;
    start_ns = stats_now_ns();
    while (rc == 0 && load_next(load, start_ns, &offset)) {
        int res = read_at(load->fd, buffers.first, block_bytes, offset);
        uint64_t end_ns = stats_now_ns();
        rc = load_count(result, start_ns, end_ns, res);
        start_ns = end_ns;
    }
    load_buffers_free(&buffers);
    return rc;
}
