/* load.h: the operation behind acat --discard --pattern: reads and writes of one file, or block
 * device, one block each, at given places, to measure how long they take.
 *
 * All workers together take the blocks of one list, each of them once before any comes again: in
 * the file's order, or in an order that looks random. The bytes that are read go nowhere, and those
 * that are written look random. The engines differ in how many requests a worker has in flight:
 * sync one, uring opts.depth. */
#ifndef CORE_LOAD_LOAD_H
#define CORE_LOAD_LOAD_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../engine.h"
#include "histogram.h"

enum load_pattern { LOAD_SEQUENTIAL, LOAD_RANDOM };
enum load_kind { LOAD_READ, LOAD_WRITE, LOAD_FSYNC, LOAD_KINDS };

struct load_opts {
    enum load_pattern pattern;
    unsigned write_percent;  /* of the blocks: these are written, the others read */
    unsigned fsync_every;    /* the number of writes that an fsync follows; 0: no fsync */
    size_t block_bytes;      /* of each request, and its alignment */
    unsigned depth;          /* requests in flight per worker: 1 for sync */
    uint64_t bytes;          /* after these no block is started; 0: see time_ns */
    uint64_t time_ns;        /* no block is started later; both 0: every block once */
    enum direct_mode direct; /* always: or fail; auto: if file and block size allow */
};

/* A block to read or to write, or an fsync. */
struct load_request {
    enum load_kind kind;
    uint64_t number; /* of the block in the list */
    uint64_t offset;
};

/* The file, and how far its requests have come. */
struct load {
    struct load_opts opts;
    int fd;
    bool direct;       /* past the page cache */
    bool block_device; /* rather than a regular file */
    uint64_t size;
    int resident_status;     /* 0 or -errno: whether the next is known */
    uint64_t resident_bytes; /* in the page cache, before the first request */

    uint64_t blocks; /* whole ones in size */
    uint64_t last;   /* number of the block at which the list ends, at the latest */
    uint64_t seed;
    char *random;                     /* bytes for load_fill; NULL: nothing is written */
    atomic_uint_fast64_t deadline_ns; /* of stats_now_ns; 0: no request has been started yet */
    atomic_uint_fast64_t next;        /* number of a block */
    atomic_uint_fast64_t written;     /* writes that have ended */
};

/* The result of one worker, or of all. */
struct load_result {
    struct histogram latency[LOAD_KINDS]; /* in ns, of each request */
    struct stats stats;
    uint64_t first_ns, last_ns; /* start of the first request, end of the last one */
};

/* Opens the file for reading. Returns 0 or -errno: -ESPIPE: it cannot be read at any place;
 * -ENODATA: it is shorter than a block; -EINVAL: O_DIRECT was asked for and cannot be, with this
 * block size. */
int load_open(struct load *load, const char *name, const struct load_opts *opts);
/* Takes a copy of a descriptor. Returns likewise; -EBADF: it is not open for reading and writing.
 */
int load_take(struct load *load, int fd, const struct load_opts *opts);
void load_close(struct load *load);

/* Runs jobs workers, once; those whose thread cannot be made are left out. Returns 0 or -errno, of
 * the first request that failed: -ENODATA: the file has become shorter. If a ring could not be set
 * up, result->stats.fell_back_status tells why. */
int load_run(struct load *load, const struct engine *engine, unsigned jobs,
             struct load_result *result);

/* -- the engines' side, any thread -- */

/* Finds the next block. Returns false if none may be started any more at now_ns. */
bool load_next(struct load *load, uint64_t now_ns, struct load_request *request);
/* Makes the fsync of a write that has been counted. Returns false if it is not followed by one. */
bool load_follow(struct load *load, struct load_request *request);
/* Makes the bytes that a write writes other than those in any other block. */
void load_fill(const struct load *load, const struct load_request *request, char *buf);
/* Counts a request that has returned res, bytes or -errno. Returns 0 or -errno. */
int load_count(struct load_result *result, enum load_kind kind, uint64_t start_ns, uint64_t end_ns,
               int res);
/* Lets no block be started any more. */
void load_stop(struct load *load);

/* A worker's buffers, one after the other in memory. */
struct load_buffers {
    char *first;
    size_t step; /* from one to the next */
};

/* Allocates count of them, and touches the memory. Returns 0 or -ENOMEM. */
int load_buffers_init(struct load_buffers *buffers, const struct load *load, unsigned count);
void load_buffers_free(struct load_buffers *buffers);

#endif
