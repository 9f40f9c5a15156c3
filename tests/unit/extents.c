/* extents.c: tests of core/base/extents.c: data, holes, and the end of a sparse file. */
#define _GNU_SOURCE
#include "../support/check.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <unistd.h>

#include "../../core/base/extents.h"
#include "../support/scratch.h"

enum { PIECE = 64 * 1024, SECOND = 1024 * 1024, SIZE = 2 * 1024 * 1024 };

static char piece[PIECE] = {1};

/* What another process does to the file before each of the next calls: the size that it truncates
 * it to, or fills it up to with data; -1: nothing. */
static const int *next_size;
/* What SEEK_END gives; 0: the size. */
static off_t too_large;

off_t lseek(int fd, off_t offset, int whence)
{
    off_t (*libc)(int, off_t, int) = dlsym(RTLD_NEXT, "lseek64"); /* a name for all machines */

    if (next_size && *next_size >= 0) {
        assert_int_equal(pwrite(fd, piece, PIECE, 0), PIECE);
        assert_int_equal(ftruncate(fd, *next_size++), 0);
    }
    return whence == SEEK_END && too_large ? too_large : libc(fd, offset, whence);
}

/* Makes a file with data at 0 and at SECOND, and a hole at its end. Skips the test if the
 * filesystem has no holes. */
static int open_sparse(void)
{
    int fd = open("sparse", O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

    assert_true(fd >= 0);
    assert_int_equal(pwrite(fd, piece, PIECE, 0), PIECE);
    assert_int_equal(pwrite(fd, piece, PIECE, SECOND), PIECE);
    assert_int_equal(ftruncate(fd, SIZE), 0);
    if (!extents_are_known(fd, SIZE)) {
        close(fd);
        print_message("this filesystem has no holes\n");
        skip();
    }
    return fd;
}

static void data_is_found_and_then_the_size(void **state)
{
    uint64_t offset = 0, end = 0;
    int fd = open_sparse();

    (void)state;
    assert_int_equal(extents_next(fd, &offset, &end), 1);
    assert_int_equal(offset, 0);
    assert_uint_in_range(end, PIECE, SECOND - 1);
    offset = end;
    assert_int_equal(extents_next(fd, &offset, &end), 1);
    assert_int_equal(offset, SECOND);
    assert_uint_in_range(end, SECOND + PIECE, SIZE - 1);
    offset = end;
    assert_int_equal(extents_next(fd, &offset, &end), 0);
    assert_int_equal(offset, SIZE);
    close(fd);
}

static void appended_data_is_found(void **state)
{
    uint64_t offset = SIZE, end = 0;
    int fd = open_sparse();

    (void)state;
    assert_int_equal(extents_next(fd, &offset, &end), 0);
    assert_int_equal(pwrite(fd, piece, PIECE, SIZE + SECOND), PIECE);
    assert_int_equal(extents_next(fd, &offset, &end), 1);
    assert_int_equal(offset, SIZE + SECOND);
    close(fd);
}

static void behind_the_end_is_nothing(void **state)
{
    uint64_t offset = SIZE + 17, end = 0;
    int fd = open_sparse();

    (void)state;
    assert_int_equal(extents_next(fd, &offset, &end), 0);
    assert_int_equal(offset, SIZE + 17);
    close(fd);
}

/* Another process cuts the file off, fills it again, and so on, between the calls. */
static void a_file_that_is_cut_off_is_no_hole(void **state)
{
    static const int filled_again[] = {0, PIECE, 0, PIECE, -1}, still_cut[] = {0, PIECE, 0, 0, -1};
    uint64_t offset = PIECE / 2, end = 0;
    int fd = open("sparse", O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

    (void)state;
    assert_true(fd >= 0);
    next_size = filled_again;
    assert_int_equal(extents_next(fd, &offset, &end), 1);
    assert_int_equal(offset, PIECE / 2);
    assert_int_equal(end, PIECE);
    next_size = still_cut;
    assert_int_equal(extents_next(fd, &offset, &end), 0);
    assert_int_equal(offset, PIECE / 2);
    assert_int_equal(*next_size, -1);
    next_size = NULL;
    close(fd);
}

/* As on a filesystem that has an old size in its cache: no call finds a hole up to there. */
static void a_size_that_is_too_large_is_no_hole(void **state)
{
    uint64_t offset = PIECE, end = 0;
    int fd = open("sparse", O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

    (void)state;
    assert_true(fd >= 0);
    assert_int_equal(pwrite(fd, piece, PIECE, 0), PIECE);
    too_large = SIZE;
    assert_int_equal(extents_next(fd, &offset, &end), 0);
    assert_int_equal(offset, PIECE);
    too_large = 0;
    close(fd);
}

static void a_pipe_is_all_data(void **state)
{
    uint64_t offset = 5, end = 0;
    int fds[2];

    (void)state;
    assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
    assert_int_equal(extents_next(fds[0], &offset, &end), 1);
    assert_int_equal(offset, 5);
    assert_true(end == UINT64_MAX);
    close(fds[0]);
    close(fds[1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(data_is_found_and_then_the_size),
        cmocka_unit_test(appended_data_is_found),
        cmocka_unit_test(behind_the_end_is_nothing),
        cmocka_unit_test(a_file_that_is_cut_off_is_no_hole),
        cmocka_unit_test(a_size_that_is_too_large_is_no_hole),
        cmocka_unit_test(a_pipe_is_all_data),
    };

    return cmocka_run_group_tests_name("extents", tests, scratch_set_up, scratch_tear_down);
}
