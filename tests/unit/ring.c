/* ring.c: tests of core/uring/ring.c. */
#define _GNU_SOURCE
#include "../support/check.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "../../core/uring/ring.h"
#include "../support/scratch.h"

enum { ROUNDS = 500 }; /* without settling, io-wq still had the file in 2 to 50 of them */

static void ignore(void *arg, uint64_t user_data, int res)
{
    (void)arg, (void)user_data;
    assert_int_equal(res, 0);
}

/* Reads a FIFO to its end by io-wq. */
static void read_end(struct ring *ring, int fd, int writer)
{
    char buf[16];
    struct io_uring_sqe *sqe = ring_sqe(ring);

    io_uring_prep_read(sqe, fd, buf, sizeof(buf), (uint64_t)-1);
    sqe->flags |= IOSQE_ASYNC;
    assert_int_equal(ring_submit(ring, false, 0), 0);
    close(writer);
    while (ring_reap(ring, ignore, NULL) == 0)
        assert_int_equal(ring_submit(ring, true, 0), 0);
}

static void a_closed_file_is_closed_after_the_ring(void **state)
{
    struct stats stats = {0};
    struct utsname kernel;
    unsigned major = 0, minor = 0;
    const char *why;

    (void)state;
    if (ring_probe(8, &why) < 0) {
        print_message("# skipped: %s\n", why);
        skip();
    }
    assert_int_equal(uname(&kernel), 0);
    (void)sscanf(kernel.release, "%u.%u", &major, &minor);
    if (major < 6 || (major == 6 && minor < 16)) {
        print_message("# skipped: before Linux 6.16 a drained request does not wait for it\n");
        skip();
    }
    for (int i = 0; i < ROUNDS; i++) {
        struct ring ring;
        int fd, writer;
        assert_int_equal(mkfifo("fifo", 0600), 0);
        assert_int_equal(ring_open(&ring, 8, &stats), 0);
        fd = open("fifo", O_RDONLY | O_NONBLOCK | O_CLOEXEC);
        writer = open("fifo", O_WRONLY | O_CLOEXEC);
        assert_true(fd >= 0 && writer >= 0 && fcntl(fd, F_SETFL, 0) == 0);
        read_end(&ring, fd, writer);
        close(fd);
        ring_close(&ring);
        assert_int_equal(open("fifo", O_WRONLY | O_NONBLOCK | O_CLOEXEC), -1);
        assert_int_equal(errno, ENXIO);
        unlink("fifo");
    }
}

static void a_full_ring_can_be_used(void **state)
{
    enum { ENTRIES = 8 };
    struct stats stats = {0};
    struct ring ring;
    const char *why;

    (void)state;
    if (ring_probe(ENTRIES, &why) < 0) {
        print_message("# skipped: %s\n", why);
        skip();
    }
    assert_int_equal(ring_open(&ring, ENTRIES, &stats), 0);
    assert_int_equal(ring_submit(&ring, false, 0), 0);
    assert_int_equal(stats.in_flight_ns, 0);
    for (int i = 0; i < ENTRIES; i++)
        io_uring_prep_nop(ring_sqe(&ring));
    assert_int_equal(ring_submit(&ring, true, 0), 0);
    assert_int_equal(ring_reap(&ring, ignore, NULL), ENTRIES);
    assert_int_equal(stats.in_flight_peak, ENTRIES);
    ring_close(&ring);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_closed_file_is_closed_after_the_ring),
        cmocka_unit_test(a_full_ring_can_be_used),
    };

    return cmocka_run_group_tests_name("ring", tests, scratch_set_up, scratch_tear_down);
}
