/* sync/load.c: the blocking engine's load: one read after the other. */
#define _GNU_SOURCE
#include "sync.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "../load.h"

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
    uint64_t start_ns = stats_now_ns(), offset;
    void *buf;
    int rc = 0;

    if (posix_memalign(&buf, 4096, block_bytes) != 0)
        return -ENOMEM;
    while (rc == 0 && load_next(load, start_ns, &offset)) {
        int res = read_at(load->fd, buf, block_bytes, offset);
        uint64_t end_ns = stats_now_ns();
        rc = load_count(result, start_ns, end_ns, res);
        start_ns = end_ns;
    }
    free(buf);
    return rc;
}
