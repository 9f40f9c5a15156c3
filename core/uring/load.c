/* uring/load.c: load with a ring: opts.depth requests in flight.
 *
 * sync/load.c is the same operation with blocking calls. A request is timed from just before it is
 * handed over to the kernel until its completion is reaped; one that completes while others are
 * handled is late by that much. */
#define _GNU_SOURCE
#include <errno.h>
#include <stdlib.h>
#include <sys/queue.h>

#include "../load/load.h"
#include "ring.h"
#include "uring.h"

enum {
    RETRIES = 100, /* of one request */
    /* Requests that are handed over together reach the device together, and then complete so: the
     * queue fills and empties in waves. 4 KiB at random with 32 in flight on virtio: 57,000 a
     * second with all that are free at once, 69,000 so, 67,000 one by one, which costs more calls.
     */
    SUBMIT_AT_ONCE = 4,
};

struct load_slot {
    SLIST_ENTRY(load_slot) entry; /* in the free ones */
    char *buf;
    struct load_request request;
    uint64_t start_ns;
    unsigned retries;
};

struct run {
    struct ring ring;
    struct load *load;
    struct load_result *result;
    struct load_buffers buffers;
    uint64_t now_ns;         /* when completions were last reaped */
    int status;              /* of the first request that failed */
    struct load_slot *slots; /* [depth] */
    SLIST_HEAD(, load_slot) free_slots;
};

/* Requests to read or to write a block, or to sync, without waiting for it. */
static void make_request(struct run *run, struct load_slot *slot)
{
    struct io_uring_sqe *sqe = ring_sqe(&run->ring);
    int fd = run->load->fd;
    unsigned len = (unsigned)run->load->opts.block_bytes;
    uint64_t at = slot->request.offset;
    bool fixed = ring_registered(&run->ring, slot->buf);

    if (slot->request.kind == LOAD_WRITE)
        load_fill(run->load, &slot->request, slot->buf);
    if (slot->request.kind == LOAD_FSYNC)
        io_uring_prep_fsync(sqe, fd, 0);
    else if (slot->request.kind == LOAD_WRITE && fixed)
        io_uring_prep_write_fixed(sqe, fd, slot->buf, len, at, 0);
    else if (slot->request.kind == LOAD_WRITE)
        io_uring_prep_write(sqe, fd, slot->buf, len, at);
    else if (fixed)
        io_uring_prep_read_fixed(sqe, fd, slot->buf, len, at, 0);
    else
        io_uring_prep_read(sqe, fd, slot->buf, len, at);
    io_uring_sqe_set_data(sqe, slot);
}

/* Starts the request of a slot. */
static void start_request(struct run *run, struct load_slot *slot)
{
    slot->start_ns = run->now_ns;
    slot->retries = 0;
    make_request(run, slot);
}

/* Counts a request that has completed, or makes it again. An fsync takes the slot of its write. */
static void request_done(void *arg, uint64_t user_data, int res)
{
    struct run *run = arg;
    struct load_slot *slot = (struct load_slot *)(uintptr_t)user_data;
    int rc;

    if (ring_may_repeat(res) && slot->retries++ < RETRIES) {
        make_request(run, slot);
        return;
    }
    rc = load_count(run->result, slot->request.kind, slot->start_ns, run->now_ns, res);
    if (rc < 0 && run->status == 0) {
        run->status = rc;
        load_stop(run->load);
    }
    if (run->status == 0 && load_follow(run->load, &slot->request))
        start_request(run, slot);
    else
        SLIST_INSERT_HEAD(&run->free_slots, slot, entry);
}

/* Starts as many requests as there are free slots. */
static void fill_slots(struct run *run)
{
    struct load_slot *slot;
    unsigned n = 0;

    while ((slot = SLIST_FIRST(&run->free_slots)) &&
           load_next(run->load, run->now_ns, &slot->request)) {
        SLIST_REMOVE_HEAD(&run->free_slots, entry);
        start_request(run, slot);
        if (++n % SUBMIT_AT_ONCE == 0)
            ring_flush(&run->ring);
    }
}

/* Goes on until load_next has no more. Returns 0 or -errno; *in_use tells that the kernel may still
 * use the buffers. */
static int run_requests(struct run *run, bool *in_use)
{
    run->now_ns = stats_now_ns();
    for (;;) {
        int rc;

        fill_slots(run);
        if (run->ring.in_flight == 0)
            return run->status;
        rc = ring_submit(&run->ring, true, 0);
        if (rc < 0) {
            *in_use = !ring_drain(&run->ring, NULL);
            return rc;
        }
        run->now_ns = stats_now_ns();
        ring_reap(&run->ring, request_done, run);
    }
}

int uring_load(struct load *load, struct load_result *result)
{
    unsigned depth = load->opts.depth;
    struct run run = {.load = load, .result = result};
    bool in_use = false;
    int rc = load_buffers_init(&run.buffers, load, depth);

    if (rc < 0)
        return rc;
    run.slots = calloc(depth, sizeof(*run.slots));
    SLIST_INIT(&run.free_slots);
    for (unsigned i = 0; run.slots && i < depth; i++) {
        run.slots[i].buf = run.buffers.first + i * run.buffers.step;
        SLIST_INSERT_HEAD(&run.free_slots, &run.slots[i], entry);
    }
    rc = run.slots ? ring_open(&run.ring, depth, &result->stats) : -ENOMEM;
    result->stats.fell_back_status = rc;
    if (rc == 0) {
        ring_register(&run.ring, run.buffers.first, depth * run.buffers.step);
        rc = run_requests(&run, &in_use);
        ring_close(&run.ring);
    }
    free(run.slots);
    if (!in_use) /* else they are left to the process's end */
        load_buffers_free(&run.buffers);
    return rc;
}
