/* path.c: tests of core/base/path.c: the parts of a path. */
#define _GNU_SOURCE
#include "../support/check.h"

#include <stdlib.h>
#include <string.h>

#include "../../core/base/path.h"

static const struct {
    const char *path, *dir, *last;
} cases[] = {
    {"file", ".", "file"},  {"dir/file", "dir", "file"},
    {"/file", "/", "file"}, {"a/b/c", "a/b", "c"},
    {"dir/", "dir", ""},    {"/", "/", ""},
    {"", ".", ""},          {"a//b", "a", "b"},
    {"//b", "/", "b"},      {"./.hidden", ".", ".hidden"},
    {"a/..", "a", ".."},
};

static void a_path_is_taken_apart(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char *dir = path_dir(cases[i].path);
        assert_string_equal(dir, cases[i].dir);
        assert_string_equal(path_last(cases[i].path), cases[i].last);
        free(dir);
        char *split = strdup(cases[i].path), *last;
        assert_string_equal(path_split(split, &last), cases[i].dir);
        assert_string_equal(last, cases[i].last);
        free(split);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(a_path_is_taken_apart)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
