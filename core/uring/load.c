/* uring/load.c: the io_uring engine's load: opts.depth reads in flight.
 *
 * sync/load.c is the same operation with blocking calls. A read is timed from just before it is
 * handed over to the kernel until its completion is looked at; what completes while others are
 * handled is late by that much. */
#define _GNU_SOURCE
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "../load.h"
#include "ring.h"
#include "uring.h"

struct load_slot {
    struct load_slot *next; /* free ones */
    char *buf;
    uint64_t offset;
    uint64_t start_ns;
};

struct load_ring {
    struct ring ring;
    struct load *load;
    struct load_result *result;
    uint64_t now_ns; /* when the ring was last looked at */
    int status;      /* of the first read that failed */
    struct load_slot *slots, *free_slots;
    char *memory;
    size_t memory_bytes;
};

static void submit_read(struct load_ring *run, struct load_slot *slot)
{
    struct io_uring_sqe *sqe = ring_sqe(&run->ring);
    unsigned len = (unsigned)run->load->opts.block_bytes;

    if (run->ring.fixed_buffer)
        io_uring_prep_read_fixed(sqe, run->load->fd, slot->buf, len, slot->offset, 0);
    else
        io_uring_prep_read(sqe, run->load->fd, slot->buf, len, slot->offset);
    io_uring_sqe_set_data(sqe, slot);
}

static void read_done(void *arg, uint64_t user_data, int res)
{
    struct load_ring *run = arg;
    struct load_slot *slot = (struct load_slot *)(uintptr_t)user_data;
    int rc;

    if (res == -EAGAIN || res == -EINTR) {
        submit_read(run, slot);
        return;
    }
    rc = load_count(run->result, slot->start_ns, run->now_ns, res);
    if (rc < 0 && run->status == 0) {
        run->status = rc;
        load_stop(run->load);
    }
    slot->next = run->free_slots;
    run->free_slots = slot;
}

static void start_reads(struct load_ring *run)
{
    uint64_t offset;

    while (run->free_slots && load_next(run->load, run->now_ns, &offset)) {
        struct load_slot *slot = run->free_slots;
        run->free_slots = slot->next;
        slot->offset = offset;
        slot->start_ns = run->now_ns;
        submit_read(run, slot);
    }
}

/* The ring takes no more requests: waits for those that it has taken. */
static void drain(struct ring *ring)
{
    unsigned unsubmitted = io_uring_sq_ready(&ring->uring);

    while (ring->in_flight > unsubmitted) {
        struct io_uring_cqe *cqe;
        if (io_uring_wait_cqe(&ring->uring, &cqe) < 0)
            continue;
        io_uring_cqe_seen(&ring->uring, cqe);
        ring->in_flight--;
    }
}

static int run_reads(struct load_ring *run)
{
    run->now_ns = stats_now_ns();
    for (;;) {
        int rc;

        start_reads(run);
        if (run->ring.in_flight == 0)
            return run->status;
        rc = ring_submit(&run->ring, true, 0);
        if (rc < 0) {
            drain(&run->ring);
            return rc;
        }
        run->now_ns = stats_now_ns();
        ring_reap(&run->ring, read_done, run);
    }
}

static int alloc(struct load_ring *run)
{
    unsigned depth = run->load->opts.depth;
    /* a buffer starts on a page, as O_DIRECT wants it */
    size_t buf_bytes = (run->load->opts.block_bytes + 4095) & ~(size_t)4095;

    run->memory_bytes = depth * buf_bytes;
    run->memory = mmap(NULL, run->memory_bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
                       -1, 0);
    run->slots = calloc(depth, sizeof(*run->slots));
    if (run->memory == MAP_FAILED || !run->slots)
        return -ENOMEM;
    /* the first reads are not to pay for the pages */
    memset(run->memory, 1, run->memory_bytes);
    for (unsigned i = 0; i < depth; i++) {
        run->slots[i].buf = run->memory + i * buf_bytes;
        run->slots[i].next = run->free_slots;
        run->free_slots = &run->slots[i];
    }
    return 0;
}

int uring_load(struct load *load, struct load_result *result)
{
    struct load_ring run = {.load = load, .result = result};
    int rc = alloc(&run);

    if (rc == 0)
        rc = ring_open(&run.ring, load->opts.depth, run.memory, run.memory_bytes, &result->stats);
    if (rc == 0) {
        rc = run_reads(&run);
        ring_close(&run.ring);
    }
    if (run.memory != MAP_FAILED)
        munmap(run.memory, run.memory_bytes);
    free(run.slots);
    return rc;
}
