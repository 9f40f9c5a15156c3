/* walk_opts.c: tests of core/pipeline/walk.c: followed links, exclusion, other filesystems. */
#define _GNU_SOURCE
#include "../support/check.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../support/child.h"
#include "../support/scratch.h"
#include "../support/touring.h"

static void link_to(const char *target, const char *path)
{
    if (symlink(target, path) < 0)
        test_broken(path);
}

static void links_are_followed(void **state)
{
    struct tour tour = {.root = "f", .opts.follow = true};

    (void)state;
    tour_make_dir("far");
    tour_make_dir("far/sub");
    pattern_file("far/sub/file", 0, 1);
    tour_make_dir("f");
    link_to("../far/sub/file", "f/a");
    link_to("../far", "f/b");
    pattern_file("f/b-", 0, 1); /* comes before b's entries, by path */
    link_to("missing", "f/dangling");
    link_to("self", "f/self");
    assert_int_equal(tour_walk(&tour), 0);
    assert_string_equal(tour.entered, "f\nf/b\nf/b/sub\n");
    assert_int_equal(tour.len, 5);
    assert_true(tour_saw(&tour, 0, "f/a", DT_REG, STEP_NONE, 0));
    assert_true(tour_saw(&tour, 1, "f/b-", DT_REG, STEP_NONE, 0));
    assert_true(tour_saw(&tour, 2, "f/b/sub/file", DT_REG, STEP_NONE, 0));
    assert_true(tour_saw(&tour, 3, "f/dangling", 0, STEP_STAT, -ENOENT));
    assert_true(tour_saw(&tour, 4, "f/self", 0, STEP_STAT, -ELOOP));
    for (size_t i = 0; i < tour.len; i++)
        assert_true(tour.seen[i].may_follow);
    tour_free(&tour);
}

static void directory_in_itself_is_reported(void **state)
{
    struct tour tour = {.root = "loop", .opts.follow = true};

    (void)state;
    tour_make_dir("loop");
    tour_make_dir("loop/a");
    tour_make_dir("loop/b");
    link_to(".", "loop/a/again");
    link_to("../b", "loop/a/sibling");
    link_to("..", "loop/b/up");
    assert_int_equal(tour_walk(&tour), 0);
    assert_string_equal(tour.entered, "loop\nloop/a\nloop/a/sibling\nloop/b\n");
    assert_int_equal(tour.len, 3);
    assert_true(tour_saw(&tour, 0, "loop/a/again", 0, STEP_LOOP, -ELOOP));
    assert_true(tour_saw(&tour, 1, "loop/a/sibling/up", 0, STEP_LOOP, -ELOOP));
    assert_true(tour_saw(&tour, 2, "loop/b/up", 0, STEP_LOOP, -ELOOP));
    tour_free(&tour);
}

/* Runs in a process of its own that can open few files: the innermost directory of a deep tree
 * leads back to one that is parked by then. */
static int few_descriptors_child(void)
{
    enum { LEVELS = 40 };
    struct rlimit limit;
    struct tour tour = {.root = "deep", .opts.follow = true};
    char path[256] = "deep";
    size_t len = strlen(path);
    bool right;

    for (int i = 0; i < LEVELS; i++) {
        len += (size_t)snprintf(path + len, sizeof(path) - len, "/d");
        tour_make_dir(path);
    }
    snprintf(path + len, sizeof(path) - len, "/up");
    link_to("../../../../../../../../../..", path);
    snprintf(path + len, sizeof(path) - len, "/z");
    pattern_file(path, 0, 1);
    pattern_file("deep/d/z", 0, 1);
    if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
        return 2;
    limit.rlim_cur = 20; /* valgrind reserves the hard limit for itself */
    if (setrlimit(RLIMIT_NOFILE, &limit) < 0 || tour_walk(&tour) != 0 || tour.len != 3)
        return 3;
    right = tour.seen[0].step == STEP_LOOP && tour.seen[0].status == -ELOOP &&
            tour_saw(&tour, 1, path, DT_REG, STEP_NONE, 0) &&
            tour_saw(&tour, 2, "deep/d/z", DT_REG, STEP_NONE, 0);
    tour_free(&tour);
    return right ? 0 : 4;
}

static void check_child(int (*child)(void))
{
    pid_t pid = child_start();

    if (pid == 0)
        _exit(child());
    child_end(pid);
}

static void parked_directories_are_ancestors_too(void **state)
{
    (void)state;
    tour_make_dir("deep");
    check_child(few_descriptors_child);
}

/* Runs without root, who can read everything. An unreadable directory is entered, and one whose
 * name cannot be looked up is not. An operation without enter gets the same result for both. */
static int unreadable_child(void)
{
    struct tour tour = {.root = "u"}, plain = {.root = "u", .no_enter = true};
    bool right;

    if (geteuid() == 0 &&
        (setresgid(65534, 65534, 65534) < 0 || setresuid(65534, 65534, 65534) < 0))
        return 2;
    if (tour_walk(&tour) != 0 || tour_walk(&plain) != 0 || tour.len != 2 || plain.len != 2)
        return 3;
    right = strcmp(tour.entered, "u\nu/closed\nu/nosearch\n") == 0 &&
            tour_saw(&tour, 0, "u/closed", 0, STEP_OPEN_DIR, -EACCES) &&
            tour_saw(&tour, 1, "u/nosearch/sub", 0, STEP_STAT, -EACCES) &&
            tour_saw(&plain, 0, "u/closed", 0, STEP_OPEN_DIR, -EACCES) &&
            tour_saw(&plain, 1, "u/nosearch/sub", 0, STEP_OPEN_DIR, -EACCES);
    tour_free(&tour);
    tour_free(&plain);
    return right ? 0 : 4;
}

static void unreadable_directory_is_entered(void **state)
{
    (void)state;
    tour_make_dir("u");
    tour_make_dir("u/closed");
    pattern_file("u/closed/x", 0, 1);
    tour_make_dir("u/nosearch");
    tour_make_dir("u/nosearch/sub");
    if (chmod("u/closed", 0) < 0 || chmod("u/nosearch", 0444) < 0)
        test_broken("u");
    check_child(unreadable_child);
    assert_int_equal(chmod("u/closed", 0755) | chmod("u/nosearch", 0755), 0);
}

static void other_file_system_is_entered_and_left(void **state)
{
    struct tour tour = {.root = "x", .opts = {.follow = true, .one_file_system = true}};

    (void)state;
    tour_make_dir("x");
    link_to("/proc/self", "x/a"); /* another device, without a mount */
    link_to("/proc/self/stat", "x/b");
    tour_make_dir("x/c");
    pattern_file("x/c/file", 0, 1);
    assert_int_equal(tour_walk(&tour), 0);
    assert_string_equal(tour.entered, "x\nx/a\nx/c\n");
    assert_int_equal(tour.len, 2);
    assert_true(tour_saw(&tour, 0, "x/b", DT_REG, STEP_NONE, 0));
    assert_true(tour_saw(&tour, 1, "x/c/file", DT_REG, STEP_NONE, 0));
    tour_free(&tour);
}

static void excluded_names_are_not_visited(void **state)
{
    struct tour tour = {.root = "./g/", .opts.follow = true};
    struct exclude *exclude = NULL;

    (void)state;
    tour_make_dir("g");
    tour_make_dir("g/g");
    tour_make_dir("g/d");
    tour_make_dir("g/g/d");
    pattern_file("g/d/x", 0, 1);
    pattern_file("g/g/d/x", 0, 1);
    pattern_file("g/g/tmp", 0, 1); /* no directory */
    tour_make_dir("g/tmp");
    pattern_file("g/tmp/y", 0, 1);
    link_to("missing", "g/dangling.o");
    link_to("tmp", "g/z"); /* a directory, because links are followed */
    assert_int_equal(exclude_add(&exclude, "*.o"), 0);
    assert_int_equal(exclude_add(&exclude, "/d"), 0);
    assert_int_equal(exclude_add(&exclude, "tmp/"), 0);
    tour.opts.exclude = exclude;
    assert_int_equal(tour_walk(&tour), 0);
    assert_string_equal(tour.entered, "./g/\n./g/g\n./g/g/d\n./g/z\n");
    assert_int_equal(tour.len, 3);
    assert_true(tour_saw(&tour, 0, "./g/g/d/x", DT_REG, STEP_NONE, 0));
    assert_true(tour_saw(&tour, 1, "./g/g/tmp", DT_REG, STEP_NONE, 0));
    assert_true(tour_saw(&tour, 2, "./g/z/y", DT_REG, STEP_NONE, 0));
    tour_free(&tour);
    exclude_free(exclude);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(links_are_followed),
        cmocka_unit_test(directory_in_itself_is_reported),
        cmocka_unit_test(parked_directories_are_ancestors_too),
        cmocka_unit_test(unreadable_directory_is_entered),
        cmocka_unit_test(other_file_system_is_entered_and_left),
        cmocka_unit_test(excluded_names_are_not_visited),
    };

    return cmocka_run_group_tests(tests, scratch_set_up, scratch_tear_down);
}
