/* symlink.c: tests of core/copy/symlink.c: what symbolic links lead to. */
#define _GNU_SOURCE
#include "../support/check.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../../core/copy/symlink.h"
#include "../support/scratch.h"

/* A filesystem may say any size of a link: 0, as /proc does, that of an encrypted name, or an old
 * one. */
static void all_of_a_link_is_read(void **state)
{
    static const size_t lens[] = {1, 100, PATH_MAX - 1};
    char long_target[PATH_MAX];

    (void)state;
    for (size_t i = 0; i < sizeof(lens) / sizeof(lens[0]); i++) {
        const off_t sizes[] = {(off_t)lens[i], 0, 1, (off_t)lens[i] + 1, (off_t)10 * PATH_MAX, -1};

        memset(long_target, 'x', lens[i]);
        long_target[lens[i]] = 0;
        assert_int_equal(symlink(long_target, "link"), 0);
        for (size_t j = 0; j < sizeof(sizes) / sizeof(sizes[0]); j++) {
            const struct stat st = {.st_size = sizes[j]};
            char *target = symlink_read(AT_FDCWD, "link", &st);
            assert_non_null(target);
            assert_string_equal(target, long_target);
            free(target);
        }
        unlink("link");
    }
}

static void what_is_no_link_is_an_error(void **state)
{
    const struct stat st = {.st_size = 4};

    (void)state;
    pattern_file("file", 1, 4);
    assert_null(symlink_read(AT_FDCWD, "missing", &st));
    assert_int_equal(errno, ENOENT);
    assert_null(symlink_read(AT_FDCWD, "file", &st));
    assert_int_equal(errno, EINVAL);
    assert_false(symlink_is(AT_FDCWD, "file", "file"));
}

static void a_target_is_compared_whole(void **state)
{
    (void)state;
    assert_int_equal(symlink("target", "link"), 0);
    assert_true(symlink_is(AT_FDCWD, "link", "target"));
    assert_false(symlink_is(AT_FDCWD, "link", "targe"));
    assert_false(symlink_is(AT_FDCWD, "link", "targets"));
    assert_false(symlink_is(AT_FDCWD, "link", "Target"));
    assert_false(symlink_is(AT_FDCWD, "link", ""));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_of_a_link_is_read),
        cmocka_unit_test(what_is_no_link_is_an_error),
        cmocka_unit_test(a_target_is_compared_whole),
    };

    return cmocka_run_group_tests_name("symlink", tests, scratch_set_up, scratch_tear_down);
}
