/* writer_lock.c: tests of core/copy/writer_lock.c: one writer of a destination at a time. */
#define _GNU_SOURCE
#include "../support/check.h"

#include <fcntl.h>
#include <unistd.h>

#include "../../core/copy/writer_lock.h"
#include "../support/scratch.h"

static int open_file(void)
{
    int fd = open("file", O_RDWR | O_CREAT | O_CLOEXEC, 0600);

    assert_true(fd >= 0);
    return fd;
}

/* The lock belongs to the open file: another descriptor of this process stands for another
 * process. */
static void the_second_writer_learns_of_the_first(void **state)
{
    static const enum writer first_is[] = {WRITER_REWRITES, WRITER_CREATES};

    (void)state;
    for (int creates = 0; creates < 2; creates++) {
        int first = open_file(), second = open_file();

        assert_int_equal(writer_lock(first, creates), WRITER_SELF);
        assert_int_equal(writer_lock(second, false), first_is[creates]);
        assert_int_equal(writer_lock(second, true), first_is[creates]);
        assert_int_equal(writer_lock(first, creates), WRITER_SELF); /* it still is */
        close(first);
        assert_int_equal(writer_lock(second, false), WRITER_SELF);
        close(second);
    }
}

static void what_cannot_be_locked_is_ours(void **state)
{
    int fds[2], fd;

    (void)state;
    assert_int_equal(writer_lock(-1, true), WRITER_SELF);
    fd = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    assert_true(fd >= 0);
    assert_int_equal(writer_lock(fd, false), WRITER_SELF); /* not open for writing */
    close(fd);
    assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
    assert_int_equal(writer_lock(fds[1], false), WRITER_SELF);
    close(fds[0]);
    close(fds[1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_second_writer_learns_of_the_first),
        cmocka_unit_test(what_cannot_be_locked_is_ours),
    };

    return cmocka_run_group_tests_name("writer_lock", tests, scratch_set_up, scratch_tear_down);
}
