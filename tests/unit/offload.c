/* offload.c: tests of core/copy/offload: cached bytes come from file to file, and what does not is
 * left to others. */
#define _GNU_SOURCE
#include "../../core/copy/offload.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <unistd.h>

#include "../support/check.h"
#include "../support/copying.h"
#include "../support/scratch.h"

enum { FROM_BYTES = 3 * 1024 * 1024 + 17 };

static int open_from(void)
{
    int fd;

    pattern_file("from", 1, FROM_BYTES);
    file_make_warm("from");
    fd = open("from", O_RDONLY | O_CLOEXEC);
    assert_true(fd >= 0);
    return fd;
}

static int open_to(const char *name)
{
    int fd = open(name, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

    assert_true(fd >= 0);
    return fd;
}

/* Moves all that can be moved of "from" to a file. Returns where it ended. */
static uint64_t offload_all(int from, int to)
{
    uint64_t at = 0;
    ssize_t n;

    while ((n = offload_cached(from, at, to, at, FROM_BYTES - at)) > 0)
        at += (uint64_t)n;
    return at;
}

static void cached_bytes(void **state)
{
    int from = open_from(), to = open_to("to");
    uint64_t at;

    (void)state;
    at = offload_all(from, to);
    assert_int_equal(at, FROM_BYTES - 17); /* so few are a read and a write */
    assert_true(holds_pattern("to", 1, at));
    assert_int_equal(lseek(from, 0, SEEK_CUR), 0);
    assert_int_equal(lseek(to, 0, SEEK_CUR), 0);
    /* to another place, from one that is on no page's boundary */
    at = (uint64_t)offload_cached(from, 5, to, 4096 + 3, FROM_BYTES - 5);
    assert_uint_in_range(at, 1, FROM_BYTES);
    for (uint64_t i = 0; i < at; i += 1021) {
        unsigned char byte;
        assert_int_equal(pread(to, &byte, 1, (off_t)(4096 + 3 + i)), 1);
        assert_int_equal(byte, pattern_byte(1, 5 + i));
    }
    close(from);
    close(to);
}

static void no_more_than_asked(void **state)
{
    int from = open_from(), to = open_to("to");
    struct stat st;

    (void)state;
    assert_int_equal(offload_cached(from, 0, to, 0, 300000), 300000);
    assert_int_equal(fstat(to, &st), 0);
    assert_int_equal(st.st_size, 300000);
    assert_int_equal(offload_cached(from, 0, to, 0, 1000), 0);
    close(from);
    close(to);
}

static void cold_bytes(void **state)
{
    int from = open_from(), to = open_to("to");
    struct stat st;
    char byte;

    (void)state;
    file_make_cold("from");
    assert_int_equal(offload_all(from, to), 0);
    /* a hole in the cache: what is before it at the most */
    assert_int_equal(pread(from, &byte, 1, FROM_BYTES / 2), 1);
    assert_int_equal(offload_cached(from, 0, to, 0, FROM_BYTES), 0);
    assert_int_equal(fstat(to, &st), 0);
    assert_int_equal(st.st_size, 0);
    close(from);
    close(to);
}

/* What the kernel will not do is left to read and write, which find out what is wrong. */
static void refusals_and_failures(void **state)
{
    int from = open_from(), to = open_to("to");
    int closed_for_writing = open("from", O_RDONLY | O_CLOEXEC);
    struct rlimit usual, limit;
    int appended = open("to", O_WRONLY | O_APPEND | O_CLOEXEC);

    (void)state;
    assert_int_equal(offload_cached(from, 0, closed_for_writing, 0, FROM_BYTES), 0);
    assert_int_equal(offload_cached(from, 0, appended, 0, FROM_BYTES), 0); /* it refuses that */
    assert_int_equal(offload_cached(-1, 0, to, 0, FROM_BYTES), 0);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &usual), 0);
    limit = (struct rlimit){.rlim_cur = FROM_BYTES / 2, .rlim_max = usual.rlim_max};
    assert_true(signal(SIGXFSZ, SIG_IGN) != SIG_ERR);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
    assert_int_equal(offload_cached(from, FROM_BYTES / 2, to, FROM_BYTES / 2, FROM_BYTES / 2), 0);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &usual), 0);
    assert_true(holds_pattern("to", 1, offload_all(from, to)));
    assert_true(holds_pattern("from", 1, FROM_BYTES));
    close(closed_for_writing);
    close(appended);
    close(from);
    close(to);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cached_bytes),
        cmocka_unit_test(no_more_than_asked),
        cmocka_unit_test(cold_bytes),
        cmocka_unit_test(refusals_and_failures),
    };

    return cmocka_run_group_tests_name("offload", tests, scratch_set_up, scratch_tear_down);
}
