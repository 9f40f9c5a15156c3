/* load.c: the list of blocks, and its workers. See load.h. */
#define _GNU_SOURCE
#include "load.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../base/cache.h"
#include "../base/direct.h"
#include "../base/leased.h"
#include "../base/preload.h"
#include "../base/thread.h"
#include "../base/retry.h"

#define MIX UINT64_C(0x9e3779b97f4a7c15) /* odd, and of no pattern: 2^64 by the golden ratio */

enum {
    SECTOR_BYTES = 512,
    RANDOM_BYTES = 1024 * 1024, /* more than a filesystem compresses at a time */
    PERCENT = 100,
};

/* Tells whether a block can be read with O_DIRECT: only a read tells on every filesystem. */
static int try_direct(int fd, size_t block_bytes)
{
    void *buf;
    ssize_t n;
    int rc;

    if (fcntl(fd, F_SETFL, O_DIRECT) < 0)
        return -errno;
    buf = direct_alloc(block_bytes);
    if (!buf)
        return -ENOMEM;
    do
        n = pread(fd, buf, block_bytes, 0);
    while (n < 0 && errno == EINTR);
    rc = n < 0 ? -errno : 0;
    free(buf);
    return rc;
}

/* Learns what fd is. Returns 0 or -errno. */
static int look(struct load *load)
{
    struct stat st;
    int64_t resident;
    off_t end;

    if (fstat(load->fd, &st) < 0)
        return -errno;
    load->block_device = S_ISBLK(st.st_mode);
    if (S_ISDIR(st.st_mode))
        return -EISDIR;
    if (!S_ISREG(st.st_mode) && !load->block_device)
        return -ESPIPE;
    end = load->block_device ? lseek(load->fd, 0, SEEK_END) : st.st_size;
    if (end < 0)
        return -errno;
    load->size = (uint64_t)end;
    load->blocks = load->size / load->opts.block_bytes;
    if (load->blocks == 0)
        return -ENODATA;
    resident = cache_resident_end(load->fd, &st, 0);
    load->resident_status = resident < 0 ? (int)resident : 0;
    /* readahead may have gone beyond the end */
    load->resident_bytes = resident < 0                      ? 0
                           : (uint64_t)resident < load->size ? (uint64_t)resident
                                                             : load->size;
    return 0;
}

/* Sets the descriptor's flags as they are wanted, and so takes away O_NONBLOCK, which makes a ring
 * give up reads that would wait. Returns 0 or -errno. */
static int choose_direct(struct load *load)
{
    if (load->opts.direct != DIRECT_NEVER) {
        int rc = try_direct(load->fd, load->opts.block_bytes);
        load->direct = rc == 0;
        if (rc != -EINVAL || load->opts.direct == DIRECT_ALWAYS)
            return rc;
    }
    return fcntl(load->fd, F_SETFL, 0) < 0 ? -errno : 0;
}

/* Prepares load->fd. Closes it on errors. Returns 0 or -errno. */
static int prepare(struct load *load)
{
    int rc = load->fd < 0 ? -errno : look(load);

    if (rc == 0)
        rc = choose_direct(load);
    if (rc < 0) {
        load_close(load);
        return rc;
    }
    /* for the readahead of reads through the cache */
    (void)posix_fadvise(load->fd, 0, 0,
                        load->opts.pattern == LOAD_RANDOM ? POSIX_FADV_RANDOM
                                                          : POSIX_FADV_SEQUENTIAL);
    return 0;
}

int load_open(struct load *load, const char *name, const struct load_opts *opts)
{
    *load = (struct load){.opts = *opts};
    /* O_NONBLOCK: a FIFO without a writer is refused, not waited for */
    load->fd = leased_open_first(AT_FDCWD, name, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    return prepare(load);
}

int load_take(struct load *load, int fd, const struct load_opts *opts)
{
    int flags = fcntl(fd, F_GETFL);

    *load = (struct load){.opts = *opts, .fd = -1};
    if (flags < 0)
        return -errno;
    if ((flags & O_ACCMODE) != O_RDWR)
        return -EBADF;
    load->fd = fcntl(fd, F_DUPFD_CLOEXEC, 0);
    return prepare(load);
}

void load_close(struct load *load)
{
    if (load->fd >= 0)
        close(load->fd);
    load->fd = -1;
}

/* Returns the place of index in an order of 0..count-1 that looks random, another one for each
 * seed. Each step maps the numbers that have the bits of count onto themselves, one to one: an odd
 * factor, a sum, and the upper half onto the lower. A number beyond count is mapped until it is
 * below. So all blocks come once, without a table of those that have been there. */
static uint64_t shuffle(uint64_t index, uint64_t count, uint64_t seed)
{
    unsigned bits = 64 - (unsigned)__builtin_clzll(count | 1);
    uint64_t mask = bits < 64 ? (UINT64_C(1) << bits) - 1 : UINT64_MAX;

    do {
        for (int round = 0; round < 4; round++) {
            index = (index * MIX + (seed >> round * 16)) & mask;
            index ^= index >> (bits + 1) / 2;
        }
    } while (index >= count);
    return index;
}

/* Returns when no more blocks are started. The time begins with the first block: setting up the
 * workers is not in it. */
static uint64_t deadline(struct load *load, uint64_t now_ns)
{
    uint_fast64_t at = atomic_load(&load->deadline_ns);

    if (at == 0) {
        uint64_t mine = load->opts.time_ns ? now_ns + load->opts.time_ns : UINT64_MAX;
        if (atomic_compare_exchange_strong(&load->deadline_ns, &at, mine))
            at = mine;
    }
    return at;
}

/* Tells if a block is written: write_percent of each hundred are, in any order. */
static bool is_write(const struct load *load, uint64_t number)
{
    return load->opts.write_percent > 0 &&
           shuffle(number % PERCENT, PERCENT, ~load->seed + number / PERCENT) <
               load->opts.write_percent;
}

bool load_next(struct load *load, uint64_t now_ns, struct load_request *request)
{
    uint64_t number, block;

    if (now_ns >= deadline(load, now_ns))
        return false;
    number = atomic_fetch_add(&load->next, 1);
    if (number >= load->last)
        return false;
    block = number % load->blocks;
    if (load->opts.pattern == LOAD_RANDOM)
        block = shuffle(block, load->blocks, load->seed + number / load->blocks);
    request->kind = is_write(load, number) ? LOAD_WRITE : LOAD_READ;
    request->number = number;
    request->offset = block * load->opts.block_bytes;
    return true;
}

bool load_follow(struct load *load, struct load_request *request)
{
    unsigned every = load->opts.fsync_every;

    if (request->kind != LOAD_WRITE || every == 0 ||
        (atomic_fetch_add(&load->written, 1) + 1) % every != 0)
        return false;
    request->kind = LOAD_FSYNC;
    return true;
}

/* Copies random bytes, which storage cannot compress, and changes a word in each sector, so that it
 * finds no equal ones. Generating every byte would take as long as a fast device. */
void load_fill(const struct load *load, const struct load_request *request, char *buf)
{
    size_t bytes = load->opts.block_bytes, part;
    uint64_t word = (load->seed ^ request->number) * MIX;
    size_t from = (word >> 32) % (RANDOM_BYTES / SECTOR_BYTES) * SECTOR_BYTES;

    for (size_t at = 0; at < bytes; at += part, from = 0) {
        part = bytes - at < RANDOM_BYTES - from ? bytes - at : RANDOM_BYTES - from;
        memcpy(buf + at, load->random + from, part);
    }
    for (size_t at = 0; at + sizeof(word) <= bytes; at += SECTOR_BYTES) {
        word = (word ^ at) * MIX;
        memcpy(buf + at, &word, sizeof(word));
    }
}

void load_stop(struct load *load)
{
    atomic_store(&load->next, load->last);
}

int load_count(struct load_result *result, enum load_kind kind, uint64_t start_ns, uint64_t end_ns,
               int res)
{
    if (res < 0)
        return res;
    if (res == 0 && kind != LOAD_FSYNC)
        return kind == LOAD_READ ? -ENODATA : -EIO;
    if (result->first_ns == 0)
        result->first_ns = start_ns;
    result->last_ns = end_ns;
    *(kind == LOAD_READ ? &result->stats.bytes_read
                        : &result->stats.bytes_written) += (uint64_t)res;
    histogram_record(&result->latency[kind], end_ns - start_ns);
    return 0;
}

/* Makes the bytes for load_fill. Returns NULL if memory is short. */
static char *make_random(uint64_t seed)
{
    char *random = malloc(RANDOM_BYTES);

    seed |= 1;
    for (size_t at = 0; random && at < RANDOM_BYTES; at += sizeof(seed)) {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        memcpy(random + at, &seed, sizeof(seed));
    }
    return random;
}

int load_buffers_init(struct load_buffers *buffers, const struct load *load, unsigned count)
{
    size_t step = direct_align(load->opts.block_bytes);
    size_t bytes = (count * step + HUGE_PAGE_BYTES - 1) & ~(size_t)(HUGE_PAGE_BYTES - 1);

    buffers->step = step;
    /* 1 MiB in pages of 4 KiB is more pieces than a virtio disk takes with a request (254): 8 such
     * reads in flight were half as fast */
    buffers->first = direct_alloc(bytes);
    if (!buffers->first)
        return -ENOMEM;
    /* so that the first requests do not pay for the pages */
    memset(buffers->first, 1, count * step);
    return 0;
}

void load_buffers_free(struct load_buffers *buffers)
{
    free(buffers->first);
}

struct load_worker {
    struct load *load;
    const struct engine *engine;
    pthread_t thread;
    bool started;
    int status;
    struct load_result result;
};

static void *worker_main(void *arg)
{
    struct load_worker *worker = arg;
    struct stats *stats = &worker->result.stats;

    preload_thread_begins();
    stats_start(stats);
    worker->status = worker->engine->load(worker->load, &worker->result);
    stats_stop(stats);
    if (worker->status < 0)
        load_stop(worker->load);
    return NULL;
}

static void add_result(struct load_result *sum, const struct load_result *worker)
{
    for (unsigned i = 0; i < LOAD_KINDS; i++)
        histogram_add(&sum->latency[i], &worker->latency[i]);
    stats_add(&sum->stats, &worker->stats);
    if (worker->first_ns == 0)
        return;
    if (sum->first_ns == 0 || worker->first_ns < sum->first_ns)
        sum->first_ns = worker->first_ns;
    if (worker->last_ns > sum->last_ns)
        sum->last_ns = worker->last_ns;
}

int load_run(struct load *load, const struct engine *engine, unsigned jobs,
             struct load_result *result)
{
    const struct load_opts *opts = &load->opts;
    struct load_worker *workers = calloc(jobs, sizeof(*workers));
    int status = 0;

    *result = (struct load_result){.first_ns = 0};
    if (!workers)
        return -ENOMEM;
    load->last = opts->bytes     ? (opts->bytes - 1) / opts->block_bytes + 1
                 : opts->time_ns ? UINT64_MAX / 2
                                 : load->blocks;
    load->seed = stats_now_ns() * MIX;
    load->random = opts->write_percent > 0 ? make_random(load->seed) : NULL;
    if (opts->write_percent > 0 && !load->random) {
        free(workers);
        return -ENOMEM;
    }
    for (unsigned i = 0; i < jobs; i++) {
        struct load_worker *worker = &workers[i];
        worker->load = load;
        worker->engine = engine;
        /* the last one runs here: a single worker needs no thread */
        if (i + 1 < jobs)
            worker->started = thread_start(&worker->thread, worker_main, worker) == 0;
    }
    worker_main(&workers[jobs - 1]);
    for (unsigned i = 0; i < jobs; i++) {
        struct load_worker *worker = &workers[i];
        if (worker->started)
            pthread_join(worker->thread, NULL);
        else if (i + 1 < jobs)
            continue; /* it was never there, and result->stats.workers tells */
        if (status == 0)
            status = worker->status;
        add_result(result, &worker->result);
    }
    if (load->direct)
        result->stats.direct_bytes = result->stats.bytes_read;
    stats_finish(&result->stats);
    free(load->random);
    load->random = NULL;
    free(workers);
    return status;
}
