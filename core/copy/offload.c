/* offload.c: from file to file within the kernel. See offload.h. */
#define _GNU_SOURCE
#include "offload.h"

#include <unistd.h>

#include "../base/cache.h"
#include "../base/retry.h"

enum {
    MOVE_MAX = 1024 * 1024, /* at a time, so that other files have their turn */
    MOVE_MIN = 128 * 1024,  /* less is one read and one write, and one call to ask for it */
};

size_t offload_cached(int from, uint64_t from_at, int to, uint64_t to_at, size_t len)
{
    off_t source = (off_t)from_at, dest = (off_t)to_at;
    ssize_t moved;

    if (len < MOVE_MIN)
        return 0;
    if (len > MOVE_MAX)
        len = MOVE_MAX;
    /* what is not there is waited for by the engine, each in its own way */
    if (!cache_has(from, from_at, len))
        return 0;
    moved = copy_file_range(from, &source, to, &dest, len, 0);
    /* filesystems and sandboxes refuse with many errors; if writing is what fails, write(2) will
     * report that, too */
    return moved < 0 ? 0 : (size_t)moved;
}
