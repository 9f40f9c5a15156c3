/* load.h: the operation behind acat --discard --pattern: reads of one file, or block device, one
 * block each, at given places, to measure how long they take.
 *
 * All workers together read the blocks of one list, each of them once before any is read again: in
 * the file's order, or in an order that looks random. The bytes go nowhere. The engines differ
 * in how many reads a worker has in flight: sync one, uring opts.depth. */
#ifndef CORE_LOAD_LOAD_H
#define CORE_LOAD_LOAD_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../engine.h"
#include "histogram.h"

enum load_pattern { LOAD_SEQUENTIAL, LOAD_RANDOM };

struct load_opts {
    enum load_pattern pattern;
    size_t block_bytes;      /* of each read, and its alignment */
    unsigned depth;          /* reads in flight per worker: 1 for sync */
    uint64_t bytes;          /* enough when as many have been asked for; 0: see time_ns */
    uint64_t time_ns;        /* no read is started later; both 0: every block once */
    enum direct_mode direct; /* always: or fail; auto: if file and block size allow */
};

/* The file, and how far its reads have come. */
struct load {
    struct load_opts opts;
    int fd;
    bool direct;       /* past the page cache */
    bool block_device; /* rather than a regular file */
    uint64_t size;
    int resident_status;     /* 0 or -errno: whether the next is known */
    uint64_t resident_bytes; /* in the page cache, before the first read */

    uint64_t blocks; /* whole ones in size */
    uint64_t reads;  /* to be started, at the most */
    uint64_t seed;
    atomic_uint_fast64_t deadline_ns; /* of stats_now_ns; 0: no read has been started yet */
    atomic_uint_fast64_t next;        /* of reads */
};

/* The result of one worker, or of all. */
struct load_result {
    struct histogram latency; /* in ns, of each read */
    struct stats stats;
    uint64_t first_ns, last_ns; /* start of the first read, end of the last one */
};

/* Opens the file. Returns 0 or -errno: -ESPIPE: it cannot be read at any place; -ENODATA: it is
 * shorter than a block; -EINVAL: O_DIRECT was asked for and cannot be, with this block size. */
int load_open(struct load *load, const char *name, const struct load_opts *opts);
void load_close(struct load *load);

/* Runs jobs workers, once; those whose thread cannot be made are left out. Returns 0 or -errno, of
 * the first read that failed: -ENODATA: the file has become shorter. If a ring could not be set up,
 * result->stats.fell_back_status tells why. */
int load_run(struct load *load, const struct engine *engine, unsigned jobs,
             struct load_result *result);

/* -- the engines' side, any thread -- */

/* Where the next read is. false: there is none to be started any more at now_ns. */
bool load_next(struct load *load, uint64_t now_ns, uint64_t *offset);
/* A read has returned res, bytes or -errno: counts it. Returns 0 or -errno. */
int load_count(struct load_result *result, uint64_t start_ns, uint64_t end_ns, int res);
/* Lets no read be started any more. */
void load_stop(struct load *load);

/* A worker's buffers, one after the other in memory. */
struct load_buffers {
    char *first;
    size_t step; /* from one to the next */
};

/* For count reads of load's. The memory has been touched. Returns 0 or -ENOMEM. */
int load_buffers_init(struct load_buffers *buffers, const struct load *load, unsigned count);
void load_buffers_free(struct load_buffers *buffers);

#endif
