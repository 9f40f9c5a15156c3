/* in_use.c: tests of core/copy/in_use.c: no file is read and written over at once. */
#define _GNU_SOURCE
#include "../support/check.h"

#include "../../core/copy/in_use.h"

static void a_file_is_read_or_written_over(void **state)
{
    const struct stat a = {.st_dev = 1, .st_ino = 1}, b = {.st_dev = 1, .st_ino = 2};
    struct in_use_mark first = {0}, second = {0};
    struct in_use *in_use = in_use_new();

    (void)state;
    assert_non_null(in_use);
    /* a: is read */
    assert_true(in_use_read(in_use, &first, &a));
    assert_true(in_use_read(in_use, &second, &a));
    assert_false(in_use_write(in_use, &second, &a));
    assert_true(in_use_write(in_use, &second, &b));
    in_use_end(in_use, &second);
    assert_true(in_use_read(in_use, &second, &b));
    assert_false(in_use_write(in_use, &second, &a));
    in_use_end(in_use, &first);
    /* a is not read any more, and b is */
    assert_true(in_use_write(in_use, &second, &a));
    assert_false(in_use_read(in_use, &first, &a));
    assert_true(in_use_read(in_use, &first, &b));
    in_use_end(in_use, &first);
    in_use_end(in_use, &second);
    in_use_end(in_use, &second); /* of nothing */
    assert_true(in_use_read(in_use, &first, &a));
    in_use_end(in_use, &first);
    /* it has read a, but does not any more */
    assert_true(in_use_read(in_use, &second, &a));
    assert_false(in_use_write(in_use, &first, &a));
    in_use_end(in_use, &second);
    in_use_free(in_use);
}

static void a_copy_does_not_wait_for_itself(void **state)
{
    const struct stat source = {.st_dev = 1, .st_ino = 1};
    struct in_use_mark mark = {0}, other = {0};
    struct in_use *in_use = in_use_new();

    (void)state;
    assert_non_null(in_use);
    assert_true(in_use_read(in_use, &mark, &source));
    assert_true(in_use_write(in_use, &mark, &source)); /* of one hash */
    in_use_end(in_use, &mark);
    assert_true(in_use_read(in_use, &mark, &source));
    assert_true(in_use_read(in_use, &other, &source));
    assert_false(in_use_write(in_use, &mark, &source));
    in_use_end(in_use, &other);
    in_use_end(in_use, &mark);
    in_use_free(in_use);
}

static void one_file_alone_is_never_refused(void **state)
{
    const struct stat st = {.st_ino = 1};
    struct in_use_mark first = {0}, second = {0};

    (void)state;
    assert_true(in_use_read(NULL, &first, &st));
    assert_true(in_use_write(NULL, &second, &st));
    in_use_end(NULL, &first);
    in_use_end(NULL, &second);
    in_use_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_file_is_read_or_written_over),
        cmocka_unit_test(a_copy_does_not_wait_for_itself),
        cmocka_unit_test(one_file_alone_is_never_refused),
    };

    return cmocka_run_group_tests_name("in_use", tests, NULL, NULL);
}
