/* written.c: tests of core/copy/written.c: what the run has written, by device, inode and birth. */
#define _GNU_SOURCE
#include "../support/check.h"

#include <fcntl.h>
#include <stdint.h>
#include <unistd.h>

#include "../../core/base/statx.h"
#include "../../core/copy/written.h"
#include "../support/scratch.h"

static void an_inode_with_another_birth_is_another_file(void **state)
{
    static const long here = 0;
    struct written *written = written_new();
    const void *scope = NULL;
    int64_t birth_ns;
    struct stat st;

    (void)state;
    assert_non_null(written);
    pattern_file("file", 1, 10);
    assert_int_equal(statx_birth(AT_FDCWD, "file", AT_SYMLINK_NOFOLLOW, &st, &birth_ns), 0);
    assert_int_equal(st.st_size, 10);

    assert_int_equal(written_find(written, &st, AT_FDCWD, "file", 0, &scope), WRITTEN_NONE);
    assert_int_equal(written_add(written, &st, birth_ns, &here, WRITTEN_CREATED), 0);
    assert_int_equal(written_find(written, &st, AT_FDCWD, "file", 0, &scope), WRITTEN_CREATED);
    assert_ptr_equal(scope, &here);
    /* one more name whose birth is not known does not make it unknown */
    assert_int_equal(written_add(written, &st, 0, &here, WRITTEN_CREATED), 0);
    assert_int_equal(written_find(written, &st, AT_FDCWD, "file", 0, &scope), WRITTEN_CREATED);
    if (birth_ns != 0) {
        assert_int_equal(written_add(written, &st, birth_ns - 1, &here, WRITTEN_OVER), 0);
        assert_int_equal(written_find(written, &st, AT_FDCWD, "file", 0, &scope), WRITTEN_NONE);
    }
    /* what is gone meanwhile counts as it was */
    assert_int_equal(written_find(written, &st, AT_FDCWD, "gone", 0, &scope),
                     birth_ns != 0 ? WRITTEN_OVER : WRITTEN_CREATED);
    written_free(written);
}

static void assert_time(const struct timespec *time, const struct timespec *expected)
{
    assert_int_equal(time->tv_sec, expected->tv_sec);
    assert_int_equal(time->tv_nsec, expected->tv_nsec);
}

/* field by field, as the structure has gaps on 32-bit processors */
static void assert_status(const struct stat *st, const struct stat *expected)
{
    assert_true(st->st_dev == expected->st_dev && st->st_rdev == expected->st_rdev);
    assert_true(st->st_ino == expected->st_ino && st->st_nlink == expected->st_nlink);
    assert_int_equal(st->st_mode, expected->st_mode);
    assert_true(st->st_uid == expected->st_uid && st->st_gid == expected->st_gid);
    assert_true(st->st_size == expected->st_size && st->st_blocks == expected->st_blocks);
    assert_int_equal(st->st_blksize, expected->st_blksize);
    assert_time(&st->st_atim, &expected->st_atim);
    assert_time(&st->st_mtim, &expected->st_mtim);
    assert_time(&st->st_ctim, &expected->st_ctim);
}

static void a_descriptor_and_its_name_have_one_status(void **state)
{
    int fd = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    struct stat expected, by_fd, by_name;
    int64_t birth, birth_by_name;

    (void)state;
    assert_true(fd >= 0);
    assert_int_equal(fstat(fd, &expected), 0);
    assert_int_equal(statx_birth(fd, NULL, 0, &by_fd, &birth), 0);
    assert_int_equal(statx_birth(fd, ".", 0, &by_name, &birth_by_name), 0);
    assert_status(&by_fd, &expected);
    assert_status(&by_name, &expected);
    assert_true(birth == birth_by_name);
    assert_int_equal(statx_birth(fd, "gone", 0, &by_name, &birth), -1);
    close(fd);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_inode_with_another_birth_is_another_file),
        cmocka_unit_test(a_descriptor_and_its_name_have_one_status),
    };

    return cmocka_run_group_tests_name("written", tests, scratch_set_up, scratch_tear_down);
}
