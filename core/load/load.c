/* load.c: the list of reads, and its workers. See load.h. */
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

#define MIX UINT64_C(0x9e3779b97f4a7c15) /* odd, and of no pattern: 2^64 by the golden ratio */

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

int load_open(struct load *load, const char *name, const struct load_opts *opts)
{
    int rc;

    *load = (struct load){.opts = *opts};
    /* O_NONBLOCK: a FIFO without a writer is refused, not waited for */
    do
        load->fd = open(name, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    while (load->fd < 0 && errno == EINTR);
    if (load->fd < 0)
        return -errno;
    rc = look(load);
    if (rc == 0)
        rc = choose_direct(load);
    if (rc < 0) {
        load_close(load);
        return rc;
    }
    /* for the readahead of reads through the cache */
    (void)posix_fadvise(load->fd, 0, 0,
                        opts->pattern == LOAD_RANDOM ? POSIX_FADV_RANDOM : POSIX_FADV_SEQUENTIAL);
    return 0;
}

void load_close(struct load *load)
{
    if (load->fd >= 0)
        close(load->fd);
    load->fd = -1;
}

/* The place of index in an order of 0..count-1 that looks random, another one for each seed. Each
 * step maps the numbers of so many bits onto themselves, one to one: an odd factor, a sum, and the
 * upper half onto the lower; a number beyond count is mapped until it is below. So all blocks come
 * once, without a table of those that have been there. */
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

/* When the first read is started the time begins: setting up the workers is not in it. */
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

bool load_next(struct load *load, uint64_t now_ns, uint64_t *offset)
{
    uint64_t index, block;

    if (now_ns >= deadline(load, now_ns))
        return false;
    index = atomic_fetch_add(&load->next, 1);
    if (index >= load->reads)
        return false;
    block = index % load->blocks;
    if (load->opts.pattern == LOAD_RANDOM)
        block = shuffle(block, load->blocks, load->seed + index / load->blocks);
    *offset = block * load->opts.block_bytes;
    return true;
}

void load_stop(struct load *load)
{
    atomic_store(&load->next, load->reads);
}

int load_count(struct load_result *result, uint64_t start_ns, uint64_t end_ns, int res)
{
    if (res <= 0)
        return res < 0 ? res : -ENODATA;
    if (result->first_ns == 0)
        result->first_ns = start_ns;
    result->last_ns = end_ns;
    result->stats.bytes_read += (uint64_t)res;
    histogram_record(&result->latency, end_ns - start_ns);
    return 0;
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
    /* so that the first reads do not pay for the pages */
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

    stats_start(stats);
    worker->status = worker->engine->load(worker->load, &worker->result);
    stats_stop(stats);
    if (worker->status < 0)
        load_stop(worker->load);
    return NULL;
}

static void add_result(struct load_result *sum, const struct load_result *worker)
{
    histogram_add(&sum->latency, &worker->latency);
    stats_add(&sum->stats, &worker->stats);
    if (worker->latency.count == 0)
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
    load->reads = opts->bytes     ? (opts->bytes - 1) / opts->block_bytes + 1
                  : opts->time_ns ? UINT64_MAX / 2
                                  : load->blocks;
    load->seed = stats_now_ns() * MIX;
    for (unsigned i = 0; i < jobs; i++) {
        struct load_worker *worker = &workers[i];
        worker->load = load;
        worker->engine = engine;
        /* the last one runs here: a single worker needs no thread */
        if (i + 1 < jobs)
            worker->started = pthread_create(&worker->thread, NULL, worker_main, worker) == 0;
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
    free(workers);
    return status;
}
