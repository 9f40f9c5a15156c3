/* poll.c: tests of core/sync/poll.c: FIFOs whose reads fail. This program has its own read(2). */
#define _GNU_SOURCE
#include "../support/check.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "../../core/sync/sync.h"
#include "../support/child.h"
#include "../support/fifo.h"
#include "../support/reading.h"
#include "../support/scratch.h"

enum { BYTES = 30000, FIFOS = 20 };

static int error;       /* of the next read of a FIFO */
static bool would_wait; /* a read of a FIFO would have waited if it was empty */

ssize_t read(int fd, void *buf, size_t len)
{
    struct stat st;

    if (fstat(fd, &st) < 0 || !S_ISFIFO(st.st_mode))
        return syscall(SYS_read, fd, buf, len);
    if (error != 0) {
        errno = error;
        error = 0;
        return -1;
    }
    would_wait |= !(fcntl(fd, F_GETFL) & O_NONBLOCK);
    return syscall(SYS_read, fd, buf, len);
}

/* Returns the lowest free descriptor. */
static int lowest(void)
{
    int fd = dup(STDERR_FILENO);

    assert_true(fd >= 0 && close(fd) == 0);
    return fd;
}

/* Reads FIFOs; the first read of one fails with this. Returns the run, to be freed. */
static struct reading run(int failure, int count, int (*on_data)(struct reading *, struct record *))
{
    static const char *const names[FIFOS] = {"0",  "1",  "2",  "3",  "4",  "5",  "6",
                                             "7",  "8",  "9",  "10", "11", "12", "13",
                                             "14", "15", "16", "17", "18", "19"};
    struct reading reading = {.engine = &engine_sync, .on_data = on_data};
    pid_t writers[FIFOS];
    int free_fd;

    error = failure;
    would_wait = false;
    for (int i = 0; i < count; i++) {
        struct record *record = reading_add(&reading, names[i]);
        record->seed = (uint64_t)i;
        record->len = BYTES;
        fifo_make(names[i]);
        writers[i] = fifo_write(names[i], (uint64_t)i, BYTES);
    }
    free_fd = lowest();
    reading_run(&reading);
    assert_int_equal(lowest(), free_fd);
    for (int i = 0; i < count; i++)
        child_end(writers[i]);
    return reading;
}

static void many_are_read_together(void **state)
{
    struct reading reading = run(0, FIFOS, NULL);

    (void)state;
    assert_true(reading_is_right(&reading));
    assert_false(would_wait);
    reading_free(&reading);
}

/* Poll still tells that it is readable: so the next read may wait. */
static void what_poll_cannot_tell_is_waited_for(void **state)
{
    struct reading reading = run(EAGAIN, 1, NULL);

    (void)state;
    assert_true(reading_is_right(&reading));
    assert_true(would_wait);
    reading_free(&reading);
}

static void a_read_that_fails_fails_the_file(void **state)
{
    struct reading reading = run(EIO, 1, NULL);

    (void)state;
    assert_int_equal(reading.records[0].status, -EIO);
    assert_int_equal(reading.records[0].step, STEP_READ);
    assert_int_equal(reading.records[0].bytes, 0);
    assert_true(record_ended_once(&reading.records[0]));
    reading_free(&reading);
}

static int refuse(struct reading *reading, struct record *record)
{
    (void)reading;
    return record->bytes > 0 ? -ENOSPC : 0;
}

static void a_sink_that_fails_ends_the_file(void **state)
{
    struct reading reading = run(0, 2, refuse);

    (void)state;
    for (int i = 0; i < 2; i++) {
        assert_int_equal(reading.records[i].status, -ENOSPC);
        assert_int_equal(reading.records[i].step, STEP_SINK);
        assert_true(reading.records[i].bytes < BYTES);
        assert_true(record_ended_once(&reading.records[i]));
    }
    reading_free(&reading);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, scratch_set_up, scratch_tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(many_are_read_together),
        CASE(what_poll_cannot_tell_is_waited_for),
        CASE(a_read_that_fails_fails_the_file),
        CASE(a_sink_that_fails_ends_the_file),
    };

    (void)signal(SIGPIPE, SIG_IGN); /* a FIFO that failed has no reader */
    return cmocka_run_group_tests_name("poll", tests, NULL, NULL);
}
