/* subdirs.c: tests of core/pipeline/subdirs.c: a walk whose directories are looked into by threads
 * sees what it would see alone, in the same order, and gives up what it does not come to. */
#define _GNU_SOURCE
#include "../support/check.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../../core/base/pool.h"
#include "../../core/pipeline/subdirs.h"
#include "../support/child.h"
#include "../support/scratch.h"
#include "../support/touring.h"

enum {
    DIRS = 12,
    LEAVES = DIRS * DIRS, /* as many in each: more than are looked into at a time */
    THREADS = 8,
};

static void make_tree(void)
{
    char path[64];

    tour_make_dir("s");
    for (unsigned i = 0; i < LEAVES; i++) {
        if (i % DIRS == 0) {
            snprintf(path, sizeof(path), "s/%u", i / DIRS);
            tour_make_dir(path);
        }
        snprintf(path, sizeof(path), "s/%u/%u", i / DIRS, i % DIRS);
        tour_make_dir(path);
        snprintf(path, sizeof(path), "s/%u/%u/file", i / DIRS, i % DIRS);
        pattern_file(path, 0, 1);
    }
}

static void the_order_is_the_same(void **state)
{
    struct tour alone = {.root = "s"}, with = {.root = "s"};

    (void)state;
    with.opts.pool = pool_new(THREADS);
    assert_int_equal(tour_walk(&alone), 0);
    assert_int_equal(tour_walk(&with), 0);
    pool_free(with.opts.pool);
    assert_int_equal(atomic_load(&alone.prepared), 0);
    assert_int_equal(atomic_load(&with.prepared), DIRS + LEAVES);
    assert_int_equal(atomic_load(&with.released), DIRS + LEAVES);
    assert_string_equal(with.entered, alone.entered);
    assert_int_equal(alone.len, LEAVES);
    assert_int_equal(with.len, alone.len);
    for (size_t i = 0; i < alone.len; i++)
        assert_true(tour_saw(&with, i, alone.seen[i].path, DT_REG, STEP_NONE, 0));
    tour_free(&alone);
    tour_free(&with);
}

/* What is made ahead is undone in release. */
static void what_is_left_over_is_released(void **state)
{
    struct pool *pool = pool_new(THREADS);

    (void)state;
    for (unsigned stop = 1; stop < LEAVES; stop += 7) {
        struct tour tour = {.root = "s", .opts.pool = pool, .stop_after = stop};
        assert_int_equal(tour_walk(&tour), -ECANCELED);
        assert_true(atomic_load(&tour.prepared) > stop / DIRS);
        assert_int_equal(atomic_load(&tour.released), atomic_load(&tour.prepared));
        tour_free(&tour);
    }
    pool_free(pool);
}

static void a_directory_is_left_out(void **state)
{
    struct tour tour = {.root = "s", .leave_out = "7", .opts.pool = pool_new(THREADS)};

    (void)state;
    assert_int_equal(tour_walk(&tour), 0);
    pool_free(tour.opts.pool);
    assert_int_equal(tour.len, (DIRS - 1) * (DIRS - 1));
    assert_null(strstr(tour.entered, "/7"));
    assert_int_equal(atomic_load(&tour.released), atomic_load(&tour.prepared));
    tour_free(&tour);
}

static void what_is_excluded_is_not_looked_into(void **state)
{
    struct tour tour = {.root = "s", .opts.pool = pool_new(THREADS)};
    struct exclude *exclude = NULL;

    (void)state;
    assert_int_equal(exclude_add(&exclude, "/7"), 0);
    tour.opts.exclude = exclude;
    assert_int_equal(tour_walk(&tour), 0);
    pool_free(tour.opts.pool);
    assert_int_equal(tour.len, (DIRS - 1) * DIRS);
    assert_int_equal(atomic_load(&tour.prepared), (DIRS - 1) * (DIRS + 1));
    tour_free(&tour);
    exclude_free(exclude);
}

/* As many directories may be open as the caller says. */
static void no_more_are_started_than_may_be_open(void **state)
{
    const struct walk_opts opts = {.pool = pool_new(THREADS)};
    const struct walk_ops ops = {0};
    struct dir *cwd = dir_cwd(), *dir;
    struct listing list = {0};
    struct subdirs *subdirs;
    size_t names_len;
    char *raw = malloc(LISTING_BYTES);
    int fd = open("s", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    (void)state;
    assert_true(cwd && fd >= 0 && raw);
    dir = dir_new(cwd, "s", fd);
    assert_non_null(dir);
    assert_int_equal(listing_read(&list, dir, &opts, dir->path_len, raw), 0);
    assert_int_equal(list.len, DIRS);
    names_len = list.names_len;
    assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
    assert_int_equal(listing_read(&list, dir, &opts, dir->path_len, raw), 0);
    assert_int_equal(list.names_len, names_len); /* the names of before are gone */
    subdirs = subdirs_new(&opts, &ops, NULL, dir);
    assert_non_null(subdirs);
    assert_false(subdirs_start(subdirs, dir, &list, 0, dir_open_count()));
    for (size_t i = 0; i < list.len; i++)
        assert_null(list.entries[i].subdir);
    (void)subdirs_start(subdirs, dir, &list, 0, dir_open_count() + 1);
    assert_non_null(list.entries[0].subdir);
    subdirs_drop(subdirs, &list);
    subdirs_free(subdirs);
    listing_free(&list);
    free(raw);
    dir_put(dir);
    dir_put(cwd);
    pool_free(opts.pool);
}

/* The walk itself reports what a thread could not open. Runs without root, who can read everything.
 */
static int unreadable_child(void)
{
    struct tour tour = {.root = "s", .no_enter = true};
    bool right;

    if (geteuid() == 0 &&
        (setresgid(65534, 65534, 65534) < 0 || setresuid(65534, 65534, 65534) < 0))
        return 2;
    tour.opts.pool = pool_new(THREADS);
    if (tour_walk(&tour) != 0)
        return 3;
    right = tour.len == LEAVES && tour_saw(&tour, 0, "s/0/0", 0, STEP_OPEN_DIR, -EACCES) &&
            tour_saw(&tour, 1, "s/0/1/file", DT_REG, STEP_NONE, 0);
    pool_free(tour.opts.pool);
    tour_free(&tour);
    return right ? 0 : 4;
}

static void an_unreadable_one_is_reported(void **state)
{
    pid_t pid;

    (void)state;
    if (chmod("s/0/0", 0) < 0)
        test_broken("s/0/0");
    pid = child_start();
    if (pid == 0)
        _exit(unreadable_child());
    child_end(pid);
    assert_int_equal(chmod("s/0/0", 0755), 0);
}

static int set_up(void **state)
{
    int rc = scratch_set_up(state);

    if (rc == 0)
        make_tree();
    return rc;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_order_is_the_same),
        cmocka_unit_test(what_is_left_over_is_released),
        cmocka_unit_test(a_directory_is_left_out),
        cmocka_unit_test(what_is_excluded_is_not_looked_into),
        cmocka_unit_test(no_more_are_started_than_may_be_open),
        cmocka_unit_test(an_unreadable_one_is_reported),
    };

    return cmocka_run_group_tests(tests, set_up, scratch_tear_down);
}
