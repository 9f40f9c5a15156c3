/* sync.c: the blocking engine: one call at a time per worker. */
#define _GNU_SOURCE
#include "sync.h"

static int sync_probe(const struct engine_opts *opts, const char **why)
{
    (void)opts;
    (void)why;
    return 0;
}

/* A blocking call has nothing in flight. */
static void sync_stop(unsigned ms)
{
    (void)ms;
}

const struct engine engine_sync = {
    .name = "sync",
    .probe = sync_probe,
    .read = sync_read,
    .copy = sync_copy,
    .load = sync_load,
    .stop = sync_stop,
};
