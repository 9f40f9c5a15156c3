/* uring/uring.c: the io_uring engine: many requests in flight per worker. */
#define _GNU_SOURCE
#include "uring.h"

#include "loop.h"

const struct engine engine_uring = {
    .name = "uring",
    .probe = ring_probe,
    .read = uring_read,
    .copy = uring_copy,
    .load = uring_load,
    .abandon = loop_abandon,
};
