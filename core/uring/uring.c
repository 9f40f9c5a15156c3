/* uring/uring.c: the io_uring engine: many requests in flight per worker. */
#define _GNU_SOURCE
#include "uring.h"

#include "loop.h"

#define STRING(text) #text
#define TEXT(macro) STRING(macro)

static int uring_probe(const struct engine_opts *opts, const char **why)
{
    return ring_probe(loop_entries(opts), why);
}

const struct engine engine_uring = {
    .name = "uring",
    .library = "liburing " TEXT(LIBURING_VERSION),
    .probe = uring_probe,
    .read = uring_read,
    .copy = uring_copy,
    .load = uring_load,
    .stop = stop_all,
};
