/* names.c: what core/copy/names.h tells of a directory is what readdir(3) and lookups tell. */
#define _GNU_SOURCE
#include "../support/check.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../../core/copy/names.h"
#include "../support/scratch.h"

enum {
    LONG = 250,            /* bytes of a long name */
    FILES = 3000,          /* several calls of getdents64(2) */
    FILES_TOO_MANY = 4400, /* with long names more than 1 MiB */
};

static int open_dir(const char *path)
{
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    if (fd < 0)
        test_broken(path);
    return fd;
}

/* Makes n files with long names, which end in a number from `from` on. */
static void make_long(const char *dir, int from, int n)
{
    char path[LONG + 64];

    for (int i = from; i < from + n; i++) {
        snprintf(path, sizeof(path), "%s/%0*d", dir, LONG, i);
        pattern_file(path, 0, 0);
    }
}

static bool has_long(const struct names *names, int number)
{
    char name[LONG + 1];

    snprintf(name, sizeof(name), "%0*d", LONG, number);
    return names_have(names, name);
}

static void nothing_is_in_an_empty_directory(void **state)
{
    int fd = (mkdir("empty", 0755), open_dir("empty"));
    struct names *names = names_list(fd);

    (void)state;
    assert_non_null(names);
    assert_false(names_have(names, "a"));
    assert_false(names_have(names, ""));
    assert_true(names_have(names, ".")); /* as a lookup says */
    names_free(names);
    close(fd);
}

static void names_are_whole_bytes(void **state)
{
    static const char *const there[] = {"a", "ab", "b", "\xff\xfe", "A", "new\nline", "\xc3\xa9"};
    static const char *const missing[] = {"aa", "abc", "B", "\xff", "e\xcc\x81", "new", "b "};
    struct names *names;
    char path[64];
    int fd;

    (void)state;
    mkdir("bytes", 0755);
    for (size_t i = 0; i < sizeof(there) / sizeof(there[0]); i++) {
        snprintf(path, sizeof(path), "bytes/%s", there[i]);
        pattern_file(path, 0, 0);
    }
    fd = open_dir("bytes");
    names = names_list(fd);
    assert_non_null(names);
    for (size_t i = 0; i < sizeof(there) / sizeof(there[0]); i++)
        assert_true(names_have(names, there[i]));
    for (size_t i = 0; i < sizeof(missing) / sizeof(missing[0]); i++)
        assert_false(names_have(names, missing[i]));
    names_free(names);
    close(fd);
}

/* Each list begins at the beginning, whatever was read of the descriptor before. */
static void a_long_list_is_whole_each_time(void **state)
{
    struct names *names;
    int fd = (mkdir("long", 0755), open_dir("long"));

    (void)state;
    make_long("long", 1, FILES);
    for (int round = 0; round < 2; round++) {
        names = names_list(fd);
        assert_non_null(names);
        for (int i = 0; i <= FILES + 1; i++)
            assert_int_equal(has_long(names, i), i >= 1 && i <= FILES);
        names_free(names);
    }
    names = names_list(fd);
    pattern_file("long/later", 0, 0);
    assert_false(names_have(names, "later"));
    names_free(names);
    names = names_list(fd);
    assert_true(names_have(names, "later"));
    names_free(names);
    close(fd);
}

/* NULL, not a part of the list: a name that is there would count as missing. */
static void too_many_names_are_no_list(void **state)
{
    int fd = (mkdir("many", 0755), open_dir("many"));
    struct names *names;

    (void)state;
    make_long("many", 1, FILES_TOO_MANY);
    assert_null(names_list(fd));
    for (int i = FILES + 1; i <= FILES_TOO_MANY; i++) {
        char path[LONG + 64];
        snprintf(path, sizeof(path), "many/%0*d", LONG, i);
        unlink(path);
    }
    names = names_list(fd); /* the same descriptor again, at its end */
    assert_non_null(names);
    assert_true(has_long(names, 1) && has_long(names, FILES) && !has_long(names, FILES + 1));
    names_free(names);
    close(fd);
}

static void what_cannot_be_listed_is_no_list(void **state)
{
    int file, gone, path;

    (void)state;
    pattern_file("file", 1, 10);
    file = open("file", O_RDONLY | O_CLOEXEC);
    mkdir("gone", 0755);
    gone = open_dir("gone");
    rmdir("gone");
    path = open(".", O_PATH | O_DIRECTORY | O_CLOEXEC);
    assert_true(file >= 0 && path >= 0);
    assert_null(names_list(-1));
    assert_null(names_list(file));
    assert_null(names_list(gone));
    assert_null(names_list(path));
    close(file);
    close(gone);
    close(path);
    names_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_is_in_an_empty_directory),
        cmocka_unit_test(names_are_whole_bytes),
        cmocka_unit_test(a_long_list_is_whole_each_time),
        cmocka_unit_test(too_many_names_are_no_list),
        cmocka_unit_test(what_cannot_be_listed_is_no_list),
    };

    return cmocka_run_group_tests_name("names", tests, scratch_set_up, scratch_tear_down);
}
