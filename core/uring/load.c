/* uring/load.c: load with a ring: opts.depth reads in flight.
 *
 * sync/load.c is the same operation with blocking calls. A read is timed from just before it is
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
    RETRIES = 100, /* of one read */
    /* Reads that are handed over together reach the device together, and then complete so: the
     * queue fills and empties in waves. 4 KiB at random with 32 in flight on virtio: 57,000 a
     * second with all that are free at once, 69,000 so, 67,000 one by one, which costs more calls.
     */
    SUBMIT_AT_ONCE = 4,
};

struct load_slot {
    SLIST_ENTRY(load_slot) entry; /* in the free ones */
    char *buf;
    uint64_t offset;
    uint64_t start_ns;
    unsigned retries;
};

struct run {
    struct ring ring;
    struct load *load;
    struct load_result *result;
    struct load_buffers buffers;
    uint64_t now_ns;         /* when completions were last reaped */
    int status;              /* of the first read that failed */
    struct load_slot *slots; /* [depth] */
    SLIST_HEAD(, load_slot) free_slots;
};

/* Requests a block, without waiting for it. */
static void read_block(struct run *run, struct load_slot *slot)
{
    struct io_uring_sqe *sqe = ring_sqe(&run->ring);
    unsigned len = (unsigned)run->load->opts.block_bytes;

    if (run->ring.fixed_buffer)
        io_uring_prep_read_fixed(sqe, run->load->fd, slot->buf, len, slot->offset, 0);
    else
        io_uring_prep_read(sqe, run->load->fd, slot->buf, len, slot->offset);
    io_uring_sqe_set_data(sqe, slot);
}

/* Counts a read that has completed, or requests it again. */
static void read_done(void *arg, uint64_t user_data, int res)
{
    struct run *run = arg;
    struct load_slot *slot = (struct load_slot *)(uintptr_t)user_data;
    int rc;

    /* ECANCELED: io-wq could not make a thread */
    if ((res == -EAGAIN || res == -EINTR || res == -ENOMEM || res == -ECANCELED) &&
        slot->retries++ < RETRIES) {
        read_block(run, slot);
        return;
    }
    rc = load_count(run->result, slot->start_ns, run->now_ns, res);
    if (rc < 0 && run->status == 0) {
        run->status = rc;
        load_stop(run->load);
    }
    SLIST_INSERT_HEAD(&run->free_slots, slot, entry);
}

/* Starts as many reads as there are free slots. */
static void start_reads(struct run *run)
{
    struct load_slot *slot;
    uint64_t offset;
    unsigned n = 0;

    while ((slot = SLIST_FIRST(&run->free_slots)) && load_next(run->load, run->now_ns, &offset)) {
        SLIST_REMOVE_HEAD(&run->free_slots, entry);
        slot->offset = offset;
        slot->start_ns = run->now_ns;
        slot->retries = 0;
        read_block(run, slot);
        if (++n % SUBMIT_AT_ONCE == 0)
            ring_flush(&run->ring);
    }
}

/* Reads until load_next has no more. Returns 0 or -errno; *in_use tells that the kernel may still
 * write to the buffers. */
static int run_reads(struct run *run, bool *in_use)
{
    run->now_ns = stats_now_ns();
    for (;;) {
        int rc;

        start_reads(run);
        if (run->ring.in_flight == 0)
            return run->status;
        rc = ring_submit(&run->ring, true, 0);
        if (rc < 0) {
            *in_use = !ring_drain(&run->ring, NULL);
            return rc;
        }
        run->now_ns = stats_now_ns();
        ring_reap(&run->ring, read_done, run);
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
    rc = run.slots ? ring_open(&run.ring, depth, run.buffers.first, depth * run.buffers.step,
                               &result->stats)
                   : -ENOMEM;
    result->stats.fell_back_status = rc;
    if (rc == 0) {
        rc = run_reads(&run, &in_use);
        ring_close(&run.ring);
    }
    free(run.slots);
    if (!in_use) /* else they are left to the process's end */
        load_buffers_free(&run.buffers);
    return rc;
}
