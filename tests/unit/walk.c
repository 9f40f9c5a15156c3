/* walk.c: tests of core/pipeline/walk.c: order, types, links, and directories that cannot be read.
 */
#define _GNU_SOURCE
#include "../support/check.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../support/scratch.h"
#include "../support/touring.h"

/* Walks root and compares the paths with a list that ends in NULL. */
static void check_paths(const char *root, const char *const *paths)
{
    struct tour tour = {.root = root};
    size_t n = 0;

    assert_int_equal(tour_walk(&tour), 0);
    for (; n < tour.len && paths[n]; n++)
        assert_string_equal(tour.seen[n].path, paths[n]);
    assert_null(paths[n]);
    assert_int_equal(tour.len, n);
    tour_free(&tour);
}

static void order_is_bytewise_by_path(void **state)
{
    static const char *const paths[] = {"o/A",     "o/a!",    "o/a-b",  "o/a.c", "o/a/x",
                                        "o/a/y/z", "o/a0",    "o/aa",   "o/b",   "o/c/d",
                                        "o/z\nz",  "o/\x80z", "o/\xff", NULL};

    (void)state;
    tour_make_dir("o");
    tour_make_dir("o/a");
    tour_make_dir("o/a/y");
    tour_make_dir("o/c");
    tour_make_dir("o/empty");
    for (size_t i = sizeof(paths) / sizeof(paths[0]) - 1; i-- > 0;)
        pattern_file(paths[i], 0, 1);
    check_paths("o", paths);
}

static void root_is_written_as_given_but_for_slashes(void **state)
{
    static const char *const slash[] = {"r/x", NULL};
    static const char *const dots[] = {"./r/x", NULL};
    static const char *const dot[] = {"./o", NULL};

    (void)state;
    tour_make_dir("r");
    pattern_file("r/x", 0, 0);
    check_paths("r/", slash);
    check_paths("./r//", dots);
    if (chdir("r") < 0 || rename("x", "o") < 0)
        test_broken("r/x");
    check_paths(".", dot);
    assert_int_equal(chdir(".."), 0);
}

static void types_and_inodes_are_told(void **state)
{
    static const struct {
        const char *path;
        unsigned char type;
    } expected[] = {{"t/broken", DT_LNK},
                    {"t/fifo", DT_FIFO},
                    {"t/file", DT_REG},
                    {"t/todir", DT_LNK},
                    {"t/tofile", DT_LNK}};
    struct tour tour = {.root = "t"};

    (void)state;
    tour_make_dir("t");
    pattern_file("t/file", 0, 0);
    if (symlink("none", "t/broken") < 0 || symlink(".", "t/todir") < 0 ||
        symlink("file", "t/tofile") < 0 || mkfifo("t/fifo", 0600) < 0)
        test_broken("t");
    assert_int_equal(tour_walk(&tour), 0);
    assert_int_equal(tour.len, 5);
    for (size_t i = 0; i < tour.len; i++) {
        assert_string_equal(tour.seen[i].path, expected[i].path);
        assert_int_equal(tour.seen[i].type, expected[i].type);
        assert_true(tour.seen[i].inode_right);
        assert_int_equal(tour.seen[i].status, 0);
    }
    tour_free(&tour);
}

static void root_that_is_a_link_is_followed(void **state)
{
    static const char *const paths[] = {"l/x", NULL};

    (void)state;
    tour_make_dir("linked");
    pattern_file("linked/x", 0, 0);
    if (symlink("linked", "l") < 0)
        test_broken("l");
    check_paths("l", paths);
}

static void check_root_fails(const char *root, int status)
{
    struct tour tour = {.root = root};

    assert_int_equal(tour_walk(&tour), 0);
    assert_int_equal(tour.len, 1);
    assert_string_equal(tour.seen[0].path, root);
    assert_int_equal(tour.seen[0].status, status);
    assert_int_equal(tour.seen[0].step, STEP_OPEN_DIR);
    tour_free(&tour);
}

static void root_that_is_no_directory_fails(void **state)
{
    (void)state;
    pattern_file("plain", 0, 1);
    check_root_fails("missing", -ENOENT);
    check_root_fails("plain", -ENOTDIR);
    check_root_fails("", -ENOENT);
}

static void directories_are_entered_before_their_entries(void **state)
{
    struct tour tour = {.root = "e"};

    (void)state;
    tour_make_dir("e");
    tour_make_dir("e/b");
    tour_make_dir("e/b/c");
    tour_make_dir("e/a");
    pattern_file("e/b/f", 0, 0);
    assert_int_equal(tour_walk(&tour), 0);
    assert_string_equal(tour.entered, "e\ne/a\ne/b\ne/b/c\n");
    assert_int_equal(tour.len, 1);
    tour_free(&tour);
    tour = (struct tour){.root = "e", .leave_out = "b"};
    assert_int_equal(tour_walk(&tour), 0);
    assert_string_equal(tour.entered, "e\ne/a\n");
    assert_int_equal(tour.len, 0);
    tour_free(&tour);
}

static void operation_may_end_the_walk(void **state)
{
    struct tour tour = {.root = "s", .stop_after = 3};
    char path[16];

    (void)state;
    tour_make_dir("s");
    for (int i = 0; i < 10; i++) {
        snprintf(path, sizeof(path), "s/%d", i);
        pattern_file(path, 0, 0);
    }
    assert_int_equal(tour_walk(&tour), -ECANCELED);
    assert_int_equal(tour.len, 2);
    assert_int_equal(tour.entries, 3);
    tour_free(&tour);
}

/* Runs in a process of its own that is not root: the walk must continue after a directory that it
 * cannot open. */
static int unreadable_child(void)
{
    struct tour tour = {.root = "u"};
    bool right;

    if (geteuid() == 0 &&
        (setresgid(65534, 65534, 65534) < 0 || setresuid(65534, 65534, 65534) < 0))
        return 2;
    if (tour_walk(&tour) != 0 || tour.len != 3)
        return 3;
    right = strcmp(tour.seen[0].path, "u/a") == 0 && tour.seen[0].status == 0 &&
            strcmp(tour.seen[1].path, "u/closed") == 0 && tour.seen[1].status == -EACCES &&
            tour.seen[1].step == STEP_OPEN_DIR && strcmp(tour.seen[2].path, "u/z") == 0 &&
            tour.seen[2].status == 0;
    tour_free(&tour);
    return right ? 0 : 4;
}

static void unreadable_directory_is_reported_in_its_place(void **state)
{
    int status;
    pid_t pid;

    (void)state;
    tour_make_dir("u");
    tour_make_dir("u/closed");
    pattern_file("u/a", 0, 0);
    pattern_file("u/z", 0, 0);
    if (chmod("u/closed", 0) < 0)
        test_broken("u/closed");
    pid = fork();
    if (pid == 0)
        _exit(unreadable_child());
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(chmod("u/closed", 0755), 0);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
}

static void tree_may_be_deeper_than_path_max(void **state)
{
    enum { LEVELS = 60, NAME = 100 }; /* 6 KB of path */
    struct tour tour = {.root = "deep"};
    char name[NAME + 1];
    int fd, next;

    (void)state;
    memset(name, 'n', NAME);
    name[NAME] = 0;
    tour_make_dir("deep");
    fd = open("deep", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    for (int i = 0; i < LEVELS; i++) {
        if (mkdirat(fd, name, 0755) < 0 || (next = openat(fd, name, O_RDONLY | O_CLOEXEC)) < 0)
            test_broken("deep");
        close(fd);
        fd = next;
    }
    next = openat(fd, "leaf", O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
    assert_true(next >= 0);
    close(next);
    close(fd);
    assert_int_equal(tour_walk(&tour), 0);
    assert_int_equal(tour.len, 1);
    assert_int_equal(tour.seen[0].status, 0);
    assert_true(tour.seen[0].inode_right);
    assert_int_equal(strlen(tour.seen[0].path),
                     strlen("deep") + LEVELS * (size_t)(NAME + 1) + strlen("/leaf"));
    tour_free(&tour);
    assert_int_equal(system("rm -r deep"), 0);
}

static int by_string(const void *a, const void *b)
{
    const struct seen *x = a, *y = b;

    return strcmp(x->path, y->path);
}

static void large_directory_comes_in_sorted_parts(void **state)
{
    enum { FILES = WALK_SORT_MAX * 2 + 100 };
    struct tour tour = {.root = "large"};
    unsigned breaks = 0;
    char path[32];

    (void)state;
    tour_make_dir("large");
    for (unsigned i = 0; i < FILES; i++) {
        snprintf(path, sizeof(path), "large/%x", i * 2654435761u);
        if (mknod(path, S_IFREG | 0644, 0) < 0)
            test_broken(path);
    }
    assert_int_equal(tour_walk(&tour), 0);
    assert_int_equal(tour.len, FILES);
    for (size_t i = 1; i < tour.len; i++)
        breaks += strcmp(tour.seen[i - 1].path, tour.seen[i].path) > 0;
    assert_uint_in_range(breaks, 0, FILES / WALK_SORT_MAX);
    qsort(tour.seen, tour.len, sizeof(*tour.seen), by_string);
    for (size_t i = 1; i < tour.len; i++)
        assert_string_not_equal(tour.seen[i - 1].path, tour.seen[i].path);
    tour_free(&tour);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(order_is_bytewise_by_path),
        cmocka_unit_test(root_is_written_as_given_but_for_slashes),
        cmocka_unit_test(types_and_inodes_are_told),
        cmocka_unit_test(root_that_is_a_link_is_followed),
        cmocka_unit_test(root_that_is_no_directory_fails),
        cmocka_unit_test(directories_are_entered_before_their_entries),
        cmocka_unit_test(operation_may_end_the_walk),
        cmocka_unit_test(unreadable_directory_is_reported_in_its_place),
        cmocka_unit_test(tree_may_be_deeper_than_path_max),
        cmocka_unit_test(large_directory_comes_in_sorted_parts),
    };

    return cmocka_run_group_tests(tests, scratch_set_up, scratch_tear_down);
}
