/* load.c: reading in blocks to measure it: one table of cases for both engines, and the choice and
 * order of the blocks, which they share. */
#define _GNU_SOURCE
#include "../support/check.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../../core/base/cache.h"
#include "../../core/load/load.h"
#include "../support/contract.h"
#include "../support/scratch.h"

enum { FILE_BYTES = 2 * 1024 * 1024 + 4096 + 17 };

static const uint64_t ms_ns = 1000000; /* a millisecond */

static struct load_result result; /* too large for the stack */

static struct load_opts opts_of(const struct engine *engine, const struct contract_case *this,
                                enum load_pattern pattern)
{
    return (struct load_opts){.pattern = pattern,
                              .block_bytes = this->block_bytes,
                              .depth = engine == &engine_sync ? 1 : this->depth,
                              .direct = DIRECT_NEVER};
}

/* Opens "file" and runs the load. Returns the status of the run. */
static int run(const struct engine *engine, const struct contract_case *this,
               const struct load_opts *opts)
{
    struct load load;
    int rc = load_open(&load, "file", opts);

    if (rc == 0) {
        rc = load_run(&load, engine, this->jobs, &result);
        load_close(&load);
    }
    return rc;
}

static uint64_t resident(const char *path)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    struct stat st;
    int64_t bytes = fd < 0 || fstat(fd, &st) < 0 ? -1 : cache_resident_end(fd, &st, 0);

    if (bytes < 0)
        test_broken("cachestat and mincore");
    close(fd);
    return bytes < FILE_BYTES ? (uint64_t)bytes : FILE_BYTES;
}

static void each_block_once(const struct engine *engine, const struct contract_case *this)
{
    static const enum direct_mode modes[] = {DIRECT_AUTO, DIRECT_ALWAYS, DIRECT_NEVER};
    uint64_t blocks = FILE_BYTES / this->block_bytes;

    pattern_file("file", 1, FILE_BYTES);
    for (unsigned i = 0; i < 6; i++) {
        struct load_opts opts = opts_of(engine, this, i % 2 ? LOAD_RANDOM : LOAD_SEQUENTIAL);
        opts.direct = modes[i / 2];
        assert_int_equal(run(engine, this, &opts), 0);
        assert_int_equal(result.latency[LOAD_READ].count, blocks);
        assert_int_equal(result.stats.bytes_read, blocks * this->block_bytes);
        assert_int_equal(result.stats.direct_bytes,
                         opts.direct == DIRECT_NEVER ? 0 : result.stats.bytes_read);
        assert_int_equal(result.stats.workers, this->jobs);
        assert_true(result.first_ns > 0 && result.last_ns > result.first_ns);
        assert_true(result.latency[LOAD_READ].max <= result.last_ns - result.first_ns);
        assert_true(result.latency[LOAD_READ].min > 0);
    }
}

/* Finds out from the page cache what was read, because no sink gets the bytes. The kernel may drop
 * a part of it meanwhile, but not each time. */
static void assert_reads(const struct engine *engine, const struct contract_case *this,
                         struct load_opts *opts, uint64_t expected)
{
    uint64_t found = 0;

    for (int turn = 0; turn == 0 || (turn < 5 && found < expected); turn++) {
        file_make_cold("file");
        assert_int_equal(resident("file"), 0);
        assert_int_equal(run(engine, this, opts), 0);
        found = resident("file");
    }
    assert_int_equal(found, expected);
}

static void what_is_read_is_in_the_cache(const struct engine *engine,
                                         const struct contract_case *this)
{
    uint64_t blocks = FILE_BYTES / this->block_bytes;
    struct load_opts opts = opts_of(engine, this, LOAD_RANDOM);

    pattern_file("file", 1, FILE_BYTES);
    opts.bytes = blocks / 2 * this->block_bytes;
    assert_reads(engine, this, &opts, opts.bytes);
    opts.bytes = 0;
    assert_reads(engine, this, &opts, blocks * this->block_bytes);
    opts.direct = DIRECT_ALWAYS;
    assert_reads(engine, this, &opts, 0);
}

static void bytes_and_time_end_it(const struct engine *engine, const struct contract_case *this)
{
    struct load_opts opts = opts_of(engine, this, LOAD_RANDOM);
    uint64_t start_ns;

    pattern_file("file", 1, FILE_BYTES);
    opts.bytes = 1;
    assert_int_equal(run(engine, this, &opts), 0);
    assert_int_equal(result.latency[LOAD_READ].count, 1);
    opts.bytes = 3 * (uint64_t)FILE_BYTES; /* more than the file has: it starts again */
    assert_int_equal(run(engine, this, &opts), 0);
    assert_int_equal(result.latency[LOAD_READ].count, (opts.bytes - 1) / this->block_bytes + 1);
    opts.bytes = UINT64_MAX;
    opts.time_ns = 50 * ms_ns;
    start_ns = stats_now_ns();
    assert_int_equal(run(engine, this, &opts), 0);
    assert_uint_in_range(result.last_ns - result.first_ns, 49 * ms_ns, 20000 * ms_ns);
    assert_uint_in_range(stats_now_ns() - start_ns, 50 * ms_ns, 20000 * ms_ns);
    assert_true(result.latency[LOAD_READ].count > 1);
}

static void several_are_in_flight(const struct engine *engine, const struct contract_case *this)
{
    struct load_opts opts = opts_of(engine, this, LOAD_RANDOM);

    pattern_file("file", 1, FILE_BYTES);
    opts.direct = DIRECT_ALWAYS;
    assert_int_equal(run(engine, this, &opts), 0);
    assert_int_equal(result.stats.in_flight_peak,
                     engine == &engine_sync ? 0 : this->depth * this->jobs);
}

static void it_becomes_shorter(const struct engine *engine, const struct contract_case *this)
{
    struct load_opts opts = opts_of(engine, this, LOAD_RANDOM);
    struct load load;

    pattern_file("file", 1, FILE_BYTES);
    opts.time_ns = 20000 * ms_ns; /* far longer than the run may take */
    assert_int_equal(load_open(&load, "file", &opts), 0);
    assert_int_equal(truncate("file", 4096), 0);
    assert_int_equal(load_run(&load, engine, this->jobs, &result), -ENODATA);
    assert_true(result.latency[LOAD_READ].count <= 1u + this->depth * this->jobs);
    load_close(&load);
}

static void reads_fail(const struct engine *engine, const struct contract_case *this)
{
    struct load_opts opts = opts_of(engine, this, LOAD_SEQUENTIAL);
    struct load load;
    int directory = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    pattern_file("file", 1, FILE_BYTES);
    assert_int_equal(load_open(&load, "file", &opts), 0);
    assert_true(dup3(directory, load.fd, O_CLOEXEC) >= 0);
    assert_int_equal(load_run(&load, engine, this->jobs, &result), -EISDIR);
    assert_int_equal(result.latency[LOAD_READ].count, 0);
    load_close(&load);
    close(directory);
}

/* Writes to "file", which is made of zeros. Returns the status of the run. */
static int run_writes(const struct engine *engine, const struct contract_case *this,
                      const struct load_opts *opts)
{
    int fd = open("file", O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600), rc;
    struct load load;

    assert_true(fd >= 0);
    assert_int_equal(ftruncate(fd, FILE_BYTES), 0);
    rc = load_take(&load, fd, opts);
    close(fd);
    if (rc == 0) {
        rc = load_run(&load, engine, this->jobs, &result);
        load_close(&load);
    }
    return rc;
}

/* Reads "file". Returns the number of blocks that are not zeros, and checks that they differ. */
static uint64_t blocks_written(const struct contract_case *this)
{
    static unsigned char block[65536], before[65536];
    static const unsigned char zeros[65536];
    int fd = open("file", O_RDONLY | O_CLOEXEC);
    uint64_t written = 0;
    size_t bytes = this->block_bytes;

    assert_true(bytes <= sizeof(block));
    while (read(fd, block, bytes) == (ssize_t)bytes) {
        if (memcmp(block, zeros, bytes) == 0)
            continue;
        assert_int_not_equal(memcmp(block, before, bytes), 0);
        memcpy(before, block, bytes);
        written++;
    }
    close(fd);
    return written;
}

static void each_block_is_written_once(const struct engine *engine,
                                       const struct contract_case *this)
{
    struct load_opts opts = opts_of(engine, this, LOAD_RANDOM);
    uint64_t blocks = FILE_BYTES / this->block_bytes;
    struct stat st;

    opts.write_percent = 100;
    for (unsigned i = 0; i < 2; i++) {
        opts.direct = i == 0 ? DIRECT_ALWAYS : DIRECT_NEVER;
        assert_int_equal(run_writes(engine, this, &opts), 0);
        assert_int_equal(result.latency[LOAD_WRITE].count, blocks);
        assert_int_equal(result.latency[LOAD_READ].count, 0);
        assert_int_equal(result.latency[LOAD_FSYNC].count, 0);
        assert_int_equal(result.stats.bytes_written, blocks * this->block_bytes);
        assert_int_equal(result.stats.bytes_read, 0);
        assert_int_equal(blocks_written(this), blocks);
        assert_int_equal(stat("file", &st), 0);
        assert_int_equal(st.st_size, FILE_BYTES);
    }
}

static void a_share_is_written_and_synced(const struct engine *engine,
                                          const struct contract_case *this)
{
    struct load_opts opts = opts_of(engine, this, LOAD_SEQUENTIAL);

    opts.write_percent = 30;
    opts.fsync_every = 7;
    opts.bytes = 400 * this->block_bytes;
    assert_int_equal(run_writes(engine, this, &opts), 0);
    assert_int_equal(result.latency[LOAD_WRITE].count, 120);
    assert_int_equal(result.latency[LOAD_READ].count, 280);
    assert_int_equal(result.latency[LOAD_FSYNC].count, 120 / 7);
    assert_int_equal(blocks_written(this), 120);
}

static void writes_fail(const struct engine *engine, const struct contract_case *this)
{
    struct load_opts opts = opts_of(engine, this, LOAD_SEQUENTIAL);
    struct load load;
    int fd = open("file", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    int reader = open("file", O_RDONLY | O_CLOEXEC);

    opts.write_percent = 100;
    assert_int_equal(ftruncate(fd, FILE_BYTES), 0);
    assert_int_equal(load_take(&load, reader, &opts), -EBADF);
    assert_int_equal(load_take(&load, fd, &opts), 0);
    assert_true(dup3(reader, load.fd, O_CLOEXEC) >= 0);
    assert_int_equal(load_run(&load, engine, this->jobs, &result), -EBADF);
    assert_int_equal(result.latency[LOAD_WRITE].count, 0);
    load_close(&load);
    close(fd);
    close(reader);
}

/* -- independent of the engines -- */

static void what_cannot_be_read_so(const struct engine *engine, const struct contract_case *this)
{
    struct load_opts opts = opts_of(engine, this, LOAD_RANDOM);
    struct load load;

    assert_int_equal(load_open(&load, "nothing", &opts), -ENOENT);
    assert_int_equal(load_open(&load, ".", &opts), -EISDIR);
    assert_int_equal(load_open(&load, "/dev/null", &opts), -ESPIPE);
    assert_int_equal(load_open(&load, "/proc/version", &opts), -ENODATA);
    assert_int_equal(mkfifo("fifo", 0600), 0);
    assert_int_equal(load_open(&load, "fifo", &opts), -ESPIPE);
    assert_int_equal(load.fd, -1);
    pattern_file("file", 1, this->block_bytes - 1);
    assert_int_equal(load_open(&load, "file", &opts), -ENODATA);
    pattern_file("file", 1, 4096);
    opts.block_bytes = 1000; /* not possible with O_DIRECT */
    opts.direct = DIRECT_ALWAYS;
    assert_int_equal(load_open(&load, "file", &opts), -EINVAL);
    opts.direct = DIRECT_AUTO;
    assert_int_equal(load_open(&load, "file", &opts), 0);
    assert_false(load.direct);
    assert_int_equal(load.blocks, 4);
    load_close(&load);
}

static void each_order_has_every_block(const struct engine *engine,
                                       const struct contract_case *this)
{
    static const uint64_t counts[] = {1, 2, 3, 4, 5, 7, 8, 9, 100, 1000, 4096, 4097, 65537};
    struct load_opts opts = opts_of(engine, this, LOAD_RANDOM);

    for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++) {
        uint64_t count = counts[i], in_turn = 0, low_first = 0;
        char *seen = calloc(count, 1);
        struct load load = {.opts = opts, .blocks = count, .last = 3 * count, .seed = 12345};
        struct load_request request;
        uint64_t offset, before = 0;

        assert_non_null(seen);
        for (uint64_t n = 0; n < 3 * count; n++) {
            assert_true(load_next(&load, 1, &request));
            offset = request.offset;
            assert_int_equal(request.kind, LOAD_READ);
            assert_int_equal(offset % this->block_bytes, 0);
            offset /= this->block_bytes;
            assert_uint_in_range(offset, 0, count - 1);
            assert_int_equal(seen[offset], n / count); /* a whole round before the next one */
            seen[offset]++;
            in_turn += offset == before + 1;
            low_first += n < count / 2 && offset < count / 2;
            before = offset;
        }
        assert_false(load_next(&load, 1, &request));
        if (count >= 1000) {
            assert_true(in_turn < count / 50);
            assert_uint_in_range(low_first, count / 4 - count / 20, count / 4 + count / 20);
        }
        free(seen);
    }
}

static const struct contract_case cases[] = {
    {"each block once", each_block_once, 4096, 1, 1},
    {"each block once, 32 in flight", each_block_once, 4096, 32, 1},
    {"each block once, 3 workers", each_block_once, 4096, 8, 3},
    {"each block once, 512 KiB", each_block_once, 524288, 128, 2},
    {"what is read is in the cache", what_is_read_is_in_the_cache, 4096, 16, 1},
    {"what is read is in the cache, 2 workers", what_is_read_is_in_the_cache, 16384, 3, 2},
    {"bytes and time end it", bytes_and_time_end_it, 4096, 16, 1},
    {"bytes and time end it, 2 workers", bytes_and_time_end_it, 65536, 4, 2},
    {"several are in flight", several_are_in_flight, 4096, 32, 1},
    {"it becomes shorter", it_becomes_shorter, 4096, 16, 1},
    {"it becomes shorter, 2 workers", it_becomes_shorter, 4096, 16, 2},
    {"reads fail", reads_fail, 4096, 16, 2},
    {"each block is written once", each_block_is_written_once, 4096, 1, 1},
    {"each block is written once, 32 in flight", each_block_is_written_once, 4096, 32, 1},
    {"each block is written once, 3 workers", each_block_is_written_once, 65536, 4, 3},
    {"a share is written and synced", a_share_is_written_and_synced, 4096, 16, 1},
    {"a share is written and synced, 2 workers", a_share_is_written_and_synced, 4096, 8, 2},
    {"writes fail", writes_fail, 4096, 16, 2},
    {"what cannot be read so", what_cannot_be_read_so, 4096, 1, 1},
    {"each order has every block", each_order_has_every_block, 4096, 1, 1},
};

int main(void)
{
    return contract_main(cases, sizeof(cases) / sizeof(cases[0]));
}
