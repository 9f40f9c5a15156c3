/* total.c: what core/pipeline/total.h counts is what a run with the same walk finds. This program
 * has its own fstatat(2), which can be slow. */
#define _GNU_SOURCE
#include "../support/check.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../../core/pipeline/total.h"
#include "../../core/pipeline/progress.h"
#include "../support/scratch.h"

enum { HANG_SECONDS = 60, POLL_US = 1000, NOBODY = 65534, MANY = 5000 };

static const char *const operands[] = {"tree", "file", "absent", "loop"};
enum { OPERANDS = sizeof(operands) / sizeof(operands[0]) };

struct run {
    struct walk_opts walk;
    bool regular_only;
};

static bool slow;

int fstatat(int dir_fd, const char *name, struct stat *st, int flags)
{
    int follow = flags & AT_SYMLINK_NOFOLLOW ? O_NOFOLLOW : 0, rc;
    int fd = openat(dir_fd, name, O_PATH | O_CLOEXEC | follow);

    if (slow)
        usleep(POLL_US);
    if (fd < 0)
        return -1;
    rc = fstat(fd, st);
    close(fd);
    return rc;
}

/* Makes operands: a tree with entries of several types, a file, and names that lead nowhere. */
static void make_tree(void)
{
    assert_int_equal(mkdir("tree", 0755), 0);
    assert_int_equal(mkdir("tree/empty", 0755), 0);
    assert_int_equal(mkdir("tree/sub", 0755), 0);
    pattern_file("file", 1, 10);
    pattern_file("tree/one", 1, 100);
    pattern_file("tree/sub/two", 1, 1000);
    pattern_file("tree/sub/none", 1, 0);
    assert_int_equal(mkfifo("tree/fifo", 0644), 0);
    assert_int_equal(symlink("one", "tree/link"), 0);
    assert_int_equal(symlink("absent", "tree/dangling"), 0);
    assert_int_equal(symlink("../sub", "tree/sub/loop"), 0);
    assert_int_equal(symlink("itself", "tree/itself"), 0);
    assert_int_equal(symlink("loop", "loop"), 0);
}

static int add_entry(struct feed *feed, struct dir *dir, const char *name, unsigned char type,
                     uint64_t ino, void *arg)
{
    const struct run *run = arg;
    struct file *file;

    (void)ino;
    if (run->regular_only && type != DT_REG)
        return 0;
    file = feed_file(feed, dir, name, strlen(name));
    return file ? feed_add_done(feed, file) : -ENOMEM;
}

static int produce(struct feed *feed, void *arg)
{
    static const struct walk_ops ops = {.entry = add_entry};
    struct run *run = arg;
    struct dir *cwd = dir_cwd();
    int rc = 0;

    for (int i = 0; rc == 0 && i < OPERANDS; i++)
        rc = i == 0 ? walk_tree(feed, cwd, operands[i], &run->walk, &ops, run)
                    : add_entry(feed, cwd, operands[i], DT_REG, 0, run);
    dir_put(cwd);
    return rc;
}

/* Returns how many files a run finds. */
static uint64_t files_found(struct run *run)
{
    struct feed_config config = {.produce = produce, .arg = run, .progress = progress_new()};
    struct progress_now now;
    struct feed *feed;

    assert_int_equal(feed_start(&feed, &config), 0);
    assert_int_equal(feed_join(feed), 0);
    progress_read(config.progress, &now);
    progress_free(config.progress);
    return now.files;
}

/* Returns how many files are counted, and checks the sum of the sizes. */
static uint64_t count(const struct total_job *job, uint64_t bytes)
{
    struct total *total = total_start(job);
    struct progress_now now;

    assert_non_null(total);
    alarm(HANG_SECONDS);
    do {
        usleep(POLL_US);
        progress_read(job->progress, &now);
    } while (!now.all_counted);
    alarm(0);
    total_end(total);
    progress_free(job->progress);
    assert_int_equal(now.bytes_counted, bytes);
    return now.files_counted;
}

static uint64_t files_counted(const struct run *run, uint64_t bytes)
{
    struct total_job job = {.progress = progress_new(),
                            .names = operands,
                            .names_len = OPERANDS,
                            .walk = &run->walk,
                            .recursive = true,
                            .follow_operands = true,
                            .regular_only = run->regular_only};

    return count(&job, bytes);
}

static void counts_what_a_run_finds(void **state)
{
    struct run run = {.regular_only = false};

    (void)state;
    make_tree();
    assert_int_equal(files_counted(&run, 1110), 11);
    assert_int_equal(files_found(&run), 11);
    run.regular_only = true;
    assert_int_equal(files_counted(&run, 1110), 6);
    assert_int_equal(files_found(&run), 6);
}

static void counts_what_links_lead_to(void **state)
{
    struct run run = {.walk.follow = true};

    (void)state;
    make_tree();
    assert_int_equal(files_counted(&run, 1210), 11);
    assert_int_equal(files_found(&run), 11);
    run.regular_only = true;
    assert_int_equal(files_counted(&run, 1210), files_found(&run));
}

static void counts_an_unreadable_directory(void **state)
{
    struct run run = {.regular_only = false};
    uid_t before = geteuid();
    uint64_t counted, found;

    (void)state;
    make_tree();
    assert_int_equal(chmod("tree/sub", 0), 0);
    if (before == 0)
        assert_int_equal(seteuid(NOBODY), 0);
    counted = files_counted(&run, 110);
    found = files_found(&run);
    assert_int_equal(seteuid(before), 0);
    assert_int_equal(chmod("tree/sub", 0755), 0); /* so that its user can remove it */
    assert_int_equal(counted, found);
}

/* Counts one operand, and checks the sum of the sizes. */
static uint64_t count_one(const char *name, bool recursive, bool follow, uint64_t bytes)
{
    static const struct walk_opts walk;
    struct total_job job = {.progress = progress_new(),
                            .names = &name,
                            .names_len = 1,
                            .walk = &walk,
                            .recursive = recursive,
                            .follow_operands = follow};

    return count(&job, bytes);
}

static void counts_operands_by_the_options(void **state)
{
    (void)state;
    make_tree();
    assert_int_equal(symlink("tree", "to_tree"), 0);
    assert_int_equal(symlink("file", "to_file"), 0);
    assert_int_equal(count_one("tree", true, true, 1100), 8);
    assert_int_equal(count_one("tree", false, true, 0), 1);
    assert_int_equal(count_one("to_tree", true, true, 1100), 8);
    assert_int_equal(count_one("to_tree", true, false, 0), 1);
    assert_int_equal(count_one("to_file", true, true, 10), 1);
    assert_int_equal(count_one("to_file", true, false, 0), 1);
}

/* The run has ended first: it does not wait for the rest of a large tree. */
static void ends_before_all_is_counted(void **state)
{
    static const struct walk_opts walk;
    struct total_job job = {.progress = progress_new(),
                            .names = operands,
                            .names_len = 1,
                            .walk = &walk,
                            .recursive = true};
    struct progress_now now;
    struct total *total;
    char name[32];

    (void)state;
    assert_int_equal(mkdir("tree", 0755), 0);
    pattern_file("tree/first", 1, 1);
    for (int i = 1; i < MANY; i++) {
        snprintf(name, sizeof(name), "tree/%d", i);
        assert_int_equal(link("tree/first", name), 0);
    }
    slow = true;
    total = total_start(&job);
    assert_non_null(total);
    do
        progress_read(job.progress, &now);
    while (now.files_counted == 0);
    total_end(total);
    slow = false;
    progress_read(job.progress, &now);
    progress_free(job.progress);
    assert_false(now.all_counted);
    assert_true(now.files_counted < MANY);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(counts_what_a_run_finds, scratch_set_up, scratch_tear_down),
        cmocka_unit_test_setup_teardown(counts_what_links_lead_to, scratch_set_up,
                                        scratch_tear_down),
        cmocka_unit_test_setup_teardown(counts_an_unreadable_directory, scratch_set_up,
                                        scratch_tear_down),
        cmocka_unit_test_setup_teardown(counts_operands_by_the_options, scratch_set_up,
                                        scratch_tear_down),
        cmocka_unit_test_setup_teardown(ends_before_all_is_counted, scratch_set_up,
                                        scratch_tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
