/* exclude.c: tests of core/pipeline/exclude.c: the names that a glob matches. */
#define _GNU_SOURCE
#include "../support/check.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../core/pipeline/exclude.h"

/* Matches a name in the directory path below the operand root. */
static int match(const struct exclude *exclude, const char *root, const char *below,
                 const char *name, bool is_dir)
{
    struct dir *cwd = dir_cwd();
    struct dir *top = dir_new(cwd, root, open(".", O_PATH | O_CLOEXEC));
    struct dir *dir = dir_get(top);
    char parts[16];
    int rc;

    snprintf(parts, sizeof(parts), "%s", below);
    for (char *part = strtok(parts, "/"); part; part = strtok(NULL, "/")) {
        struct dir *child = dir_new(dir, part, open(".", O_PATH | O_CLOEXEC));
        dir_put(dir);
        dir = child;
    }
    rc = exclude_match(exclude, dir, top->path_len, name, is_dir);
    dir_put(dir);
    dir_put(top);
    dir_put(cwd);
    return rc;
}

static const struct {
    const char *glob, *below, *name;
    bool is_dir;
    int matches;
} cases[] = {
    /* without a slash: the last part, anywhere */
    {"*.o", "", "a.o", false, 1},
    {"*.o", "x/y", "a.o", false, 1},
    {"*.o", "x/y", ".o", false, 1},
    {"*.o", "x/y", "a.oo", false, 0},
    {"*.o", "x.o", "a", false, 0},
    {"*", "x", ".hidden", false, 1},
    {"a?c", "", "abc", true, 1},
    {"[ab]", "", "c", false, 0},
    {"\\*", "", "*", false, 1},
    {"\\*", "", "a", false, 0},
    {"\xff*", "x", "\xff\n", false, 1},
    /* with a slash at the end: directories */
    {"tmp/", "x", "tmp", true, 1},
    {"tmp/", "x", "tmp", false, 0},
    {"tmp//", "x", "tmp", true, 1},
    /* anchored */
    {"/a", "", "a", false, 1},
    {"/a", "x", "a", false, 0},
    {"/x/a", "x", "a", false, 1},
    {"/x/a", "y/x", "a", false, 0},
    {"/x/*", "x", "a", false, 1},
    {"/x/*", "x/y", "a", false, 0},
    {"/x/a/", "x", "a", false, 0},
    {"/x/a/", "x", "a", true, 1},
    /* the path's end */
    {"x/a", "x", "a", false, 1},
    {"x/a", "y/x", "a", false, 1},
    {"x/a", "yx", "a", false, 0},
    {"x/a", "x/y", "a", false, 0},
    {"x/*.o", "z/x", "a.o", false, 1},
    {"x/*.o", "x/z", "a.o", false, 0},
    {"*/a", "x", "a", false, 1},
    {"*/a", "", "a", false, 0},
    /* over slashes */
    {"x/**", "x/y", "a", false, 1},
    {"x/**", "", "x", true, 0},
    {"**/a", "", "a", false, 1},
    {"**/a", "x/y", "a", false, 1},
    {"/x/**/a", "x/y/z", "a", false, 1},
    {"/x/**/a", "w/x/y/z", "a", false, 0},
    {"/x/y/a", "x/y", "a", false, 1},
    {"/x/y/a", "w/x/y", "a", false, 0},
    {"/x/y/a", "y", "a", false, 0},
    {"x/y/a", "w/x/y", "a", false, 1},
    {"x/y/a", "y", "a", false, 0},
    {"x/**b", "w/x/y", "ab", false, 1},
    {"x/**b", "w/x/y", "ba", false, 0},
    {"x**/b", "w/xy/z", "b", false, 1},
    {"x**/b", "w/xy/z", "ab", false, 0},
    {"x/**a/[b]", "x/za", "b", false, 1},
    {"x/**/\\a?c", "x/y", "abc", false, 1},
    {"x/**[b", "x", "a[b", false, 1},
    {"x/*\n*/**", "x/a\nb", "c", false, 1},
    /* no name can match */
    {"", "", "a", false, 0},
    {"/", "", "a", true, 0},
};

static void globs_match_as_in_rsync(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        static const char *const roots[] = {"r", "r/", "./q//", "/", "."};
        struct exclude *exclude = NULL;
        assert_int_equal(exclude_add(&exclude, cases[i].glob), 0);
        for (size_t j = 0; j < sizeof(roots) / sizeof(roots[0]); j++)
            if (match(exclude, roots[j], cases[i].below, cases[i].name, cases[i].is_dir) !=
                cases[i].matches)
                fail_msg("%s and %s %s/%s", cases[i].glob, roots[j], cases[i].below, cases[i].name);
        exclude_free(exclude);
    }
}

static void any_of_several_globs_matches(void **state)
{
    struct exclude *exclude = NULL;

    (void)state;
    assert_int_equal(match(NULL, "r", "x", "a", false), 0);
    assert_int_equal(exclude_add(&exclude, "a"), 0);
    assert_int_equal(exclude_add(&exclude, "/x/b"), 0);
    assert_int_equal(exclude_add(&exclude, "c/"), 0);
    assert_int_equal(match(exclude, "r", "x", "a", false), 1);
    assert_int_equal(match(exclude, "r", "x", "b", false), 1);
    assert_int_equal(match(exclude, "r", "", "b", false), 0);
    assert_int_equal(match(exclude, "r", "x", "c", true), 1);
    assert_int_equal(match(exclude, "r", "x", "d", true), 0);
    exclude_free(exclude);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(globs_match_as_in_rsync),
        cmocka_unit_test(any_of_several_globs_matches),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
