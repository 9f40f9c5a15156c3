/* kept.c: the contract of core/engine.h for sinks that keep files: each is given back once, and all
 * are completed before an engine waits. */
#define _GNU_SOURCE
#include "../support/check.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../support/contract.h"
#include "../support/fifo.h"
#include "../support/reading.h"
#include "../support/scratch.h"

/* Reads the files cold and cached, with sinks that have room for few and for more than there are.
 */
static void check(struct reading *reading, const struct engine *engine,
                  const struct contract_case *this)
{
    static const unsigned rooms[] = {1, 20, 300};
    static const enum direct_mode modes[] = {DIRECT_AUTO, DIRECT_ALWAYS, DIRECT_NEVER};

    reading->engine = engine;
    reading->opts.block_bytes = this->block_bytes;
    reading->opts.depth = this->depth;
    reading->jobs = this->jobs;
    for (unsigned i = 0; i < 9; i++) {
        reading->keeps = rooms[i % 3];
        reading->opts.direct = modes[i / 3];
        reading_make_cold(reading);
        reading_run(reading);
        assert_true(reading_is_right(reading));
        reading_run(reading);
        assert_true(reading_is_right(reading));
    }
}

static void many_sizes(const struct engine *engine, const struct contract_case *this)
{
    static const uint64_t lens[] = {0, 1, 4095, 4096, 4097, 65534, 65535, 65536, 65537, 200000};
    struct reading reading = {0};
    char path[32];

    for (unsigned i = 0; i < 300; i++) {
        snprintf(path, sizeof(path), "file%u", i);
        reading_add_pattern(&reading, path, i, i % 20 < 10 ? lens[i % 20] : i * 37 % 9000);
    }
    check(&reading, engine, this);
    reading_free(&reading);
}

/* The window of the feed is smaller than what the sinks would keep. */
static void small_window(const struct engine *engine, const struct contract_case *this)
{
    struct reading reading = {.window = 20};
    char path[32];

    for (unsigned i = 0; i < 300; i++) {
        snprintf(path, sizeof(path), "window%u", i);
        reading_add_pattern(&reading, path, i, i * 37 % 9000);
    }
    check(&reading, engine, this);
    reading_free(&reading);
}

/* Writes to the FIFO when the first file has been retired. */
static void *write_later(void *arg)
{
    const struct reading *reading = arg;
    int fd;

    while (__atomic_load_n(&reading->records[0].retired, __ATOMIC_RELAXED) == 0)
        usleep(1000);
    fd = open("fifo", O_WRONLY | O_CLOEXEC);
    pattern_write(fd, 1, 0, 100);
    close(fd);
    return NULL;
}

static void before_fifo(const struct engine *engine, const struct contract_case *this)
{
    struct reading reading = {.engine = engine, .keeps = 20, .jobs = this->jobs};
    pthread_t writer;

    fifo_make("fifo");
    reading_add_pattern(&reading, "before", 0, 1000);
    *reading_add(&reading, "fifo") = (struct record){
        .path = reading.records[1].path, .index = 1, .seed = 1, .len = 100};
    assert_int_equal(pthread_create(&writer, NULL, write_later, &reading), 0);
    reading_run(&reading);
    pthread_join(writer, NULL);
    assert_true(reading_is_right(&reading));
    reading_free(&reading);
}

static const struct contract_case cases[] = {
    {"kept files of many sizes", many_sizes, 0, 0, 1},
    {"kept files of many sizes, 3 workers", many_sizes, 0, 0, 3},
    {"kept files of many sizes, depth 1", many_sizes, 0, 1, 1},
    {"kept files of many sizes, 4 KiB blocks, depth 4", many_sizes, 4096, 4, 2},
    {"kept files in a feed of 20", small_window, 0, 0, 3},
    {"a kept file before a FIFO", before_fifo, 0, 0, 1},
};

int main(void)
{
    return contract_main(cases, sizeof(cases) / sizeof(cases[0]));
}
