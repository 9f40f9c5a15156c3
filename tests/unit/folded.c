/* folded.c: tests of core/copy/folded.c: names that differ in case at most. */
#define _GNU_SOURCE
#include "../support/check.h"

#include <errno.h>
#include <fcntl.h>
#include <locale.h>
#include <stdbool.h>
#include <unistd.h>

#include "../../core/copy/folded.h"
#include "../support/scratch.h"

static const struct {
    const char *a, *b;
    bool same;
} pairs[] = {
    {"name", "name", true},
    {"Name", "nAME", true},
    {"name", "names", false},
    {"name", "nane", false},
    {"ab", "ba", false},
    {"\xc3\x84rger", "\xc3\xa4RGER", true}, /* A with two dots, large and small */
    {"\xc3\xa4", "a", false},
    {"\xff\x41", "\xff\x61", true}, /* no UTF-8: bytes, and letters after them */
    {"\xc3", "\xe3", false},        /* which Latin-1 would fold */
    {"\xc3\xa4\xff", "\xc3\x84\xff", true},
};

static void names_that_differ_in_case_are_equal(void **state)
{
    locale_t utf8 = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0);

    (void)state;
    for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
        const bool ascii = pairs[i].a[0] != '\xc3';
        if (!ascii && !utf8)
            continue; /* only ASCII is folded then */
        assert_int_equal(folded_hash(1, pairs[i].a) == folded_hash(1, pairs[i].b), pairs[i].same);
    }
    assert_int_not_equal(folded_hash(1, "name"), folded_hash(2, "name"));
    if (utf8)
        freelocale(utf8);
}

static void the_locale_of_the_thread_stays(void **state)
{
    (void)state;
    (void)folded_hash(0, "name");
    assert_ptr_equal(uselocale((locale_t)0), LC_GLOBAL_LOCALE);
}

static void entries_are_counted_up_to_two(void **state)
{
    static const char *const names[] = {"name", "NAME", "Name", "other"};
    static const int counts[] = {1, 2, 2, 2};

    (void)state;
    assert_int_equal(folded_count(AT_FDCWD, "name"), 0);
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        int fd = open(names[i], O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
        assert_true(fd >= 0);
        assert_int_equal(folded_count(AT_FDCWD, "naMe"), counts[i]);
        assert_int_equal(folded_count(fd, "name"), -ENOTDIR);
        close(fd);
    }
    assert_int_equal(folded_count(AT_FDCWD, "OTHER"), 1);
    assert_int_equal(folded_count(-1, "name"), -EBADF);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_that_differ_in_case_are_equal),
        cmocka_unit_test(the_locale_of_the_thread_stays),
        cmocka_unit_test(entries_are_counted_up_to_two),
    };

    return cmocka_run_group_tests_name("folded", tests, scratch_set_up, scratch_tear_down);
}
