/* unfinished.c: tests of core/base/unfinished: the end of the program removes what it has made, and
 * nothing else. */
#define _GNU_SOURCE
#include "../support/check.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../../core/base/unfinished.h"
#include "../support/scratch.h"

enum { OLD_BYTES = 10, NEW_BYTES = 20 };

/* Ends the process when unfinished_remove has returned. */
static void *remove_all(void *arg)
{
    (void)arg;
    (void)unfinished_remove();
    _exit(0);
}

/* Makes a file while another thread ends the program. replace: another process replaces it before
 * it is listed. */
static void make_at_the_end(bool replace)
{
    struct unfinished file = {0};
    pthread_t thread;
    int fd;

    unfinished_begin();
    fd = open("file", O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0 || pthread_create(&thread, NULL, remove_all, NULL) != 0)
        _exit(1);
    usleep(100000); /* it waits for this thread */
    if (replace && rename("other", "file") < 0)
        _exit(1);
    (void)unfinished_created(&file, AT_FDCWD, "file", fd);
    _exit(1); /* it must not return */
}

static void run_at_the_end(bool replace)
{
    int status;
    pid_t pid = fork();

    assert_true(pid >= 0);
    if (pid == 0)
        make_at_the_end(replace);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
}

static void what_is_being_made_is_removed(void **state)
{
    (void)state;
    run_at_the_end(false);
    assert_int_equal(access("file", F_OK), -1);
}

static void what_another_process_put_there_stays(void **state)
{
    struct stat st;

    (void)state;
    pattern_file("other", 1, NEW_BYTES);
    run_at_the_end(true);
    assert_int_equal(stat("file", &st), 0);
    assert_int_equal(st.st_size, NEW_BYTES);
    assert_int_equal(unlink("file"), 0);
}

/* Two files are listed when the end comes; one has been replaced. */
static void of_those_listed_ours_are_removed(void **state)
{
    struct unfinished ours = {0}, theirs = {0};
    struct stat st;
    int fd, status;
    pid_t pid;

    (void)state;
    pattern_file("other", 1, NEW_BYTES);
    pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        unfinished_begin();
        fd = open("ours", O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
        (void)unfinished_created(&ours, AT_FDCWD, "ours", fd);
        unfinished_extend(&ours, OLD_BYTES);
        pattern_write(fd, 2, 0, OLD_BYTES);
        unfinished_begin();
        fd = open("theirs", O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
        (void)unfinished_created(&theirs, AT_FDCWD, "theirs", fd);
        _exit(rename("other", "theirs") < 0 || unfinished_remove() != 0);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
    assert_int_equal(access("ours", F_OK), -1);
    assert_int_equal(stat("theirs", &st), 0);
    assert_int_equal(st.st_size, NEW_BYTES);
    assert_int_equal(unlink("theirs"), 0);
}

/* Of three backups one is undone already, and one has been replaced. */
static void backups_get_their_names_back(void **state)
{
    static struct unfinished_backup one, two, three;
    struct stat st;
    int status;
    pid_t pid;

    (void)state;
    pattern_file("one~", 1, OLD_BYTES);
    pattern_file("two~", 1, OLD_BYTES);
    pattern_file("three~", 1, OLD_BYTES);
    pattern_file("three", 2, NEW_BYTES);
    pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        unfinished_backup_begin();
        unfinished_backup_made(&one, AT_FDCWD, "one", "one~");
        unfinished_backup_begin();
        unfinished_backup_made(&two, AT_FDCWD, "two", "two~");
        unfinished_backup_begin();
        unfinished_backup_made(&three, AT_FDCWD, "three", "three~");
        unfinished_backup_end(&two);
        _exit(unfinished_remove() != 0);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
    assert_int_equal(rename("one", "gone"), 0);
    assert_int_equal(access("one~", F_OK), -1);
    assert_int_equal(access("two", F_OK), -1);
    assert_int_equal(unlink("two~"), 0);
    assert_int_equal(stat("three", &st), 0);
    assert_int_equal(st.st_size, NEW_BYTES);
    assert_int_equal(unlink("three~"), 0);
}

static atomic_bool listed;

/* Claims the file that another thread creates. */
static void *claim(void *arg)
{
    struct unfinished file = {0};
    struct stat st;
    int fd;

    (void)arg;
    fd = open("file", O_WRONLY | O_CLOEXEC);
    assert_true(fd >= 0 && fstat(fd, &st) == 0);
    assert_false(unfinished_claim(&file, fd, &st));
    assert_true(listed);
    assert_int_equal(close(fd), 0);
    return NULL;
}

static void what_is_being_made_is_not_claimed(void **state)
{
    struct unfinished file = {0};
    pthread_t thread;
    int fd;

    (void)state;
    unfinished_begin();
    fd = open("file", O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    assert_true(fd >= 0);
    assert_int_equal(pthread_create(&thread, NULL, claim, NULL), 0);
    usleep(100000); /* it waits for this thread */
    listed = true;
    assert_true(unfinished_created(&file, AT_FDCWD, "file", fd));
    assert_int_equal(pthread_join(thread, NULL), 0);
    unfinished_end(&file);
    assert_int_equal(close(fd), 0);
    assert_int_equal(unlink("file"), 0);
}

static struct unfinished made = {0}, claimed = {0};

/* Makes and completes a file, and claims an empty one. */
static void *finish_both(void *arg)
{
    struct stat st;
    int fd;

    (void)arg;
    unfinished_begin();
    fd = open("made", O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0 || !unfinished_created(&made, AT_FDCWD, "made", fd))
        _exit(1);
    unfinished_completing(&made);
    unfinished_completed(&made);
    fd = open("empty", O_WRONLY | O_CLOEXEC);
    if (fd < 0 || fstat(fd, &st) < 0 || !unfinished_claim(&claimed, fd, &st))
        _exit(1);
    unfinished_end(&claimed);
    return NULL;
}

static pid_t start_child(void)
{
    pid_t pid;

    pattern_file("empty", 0, 0);
    pattern_file("there", 0, OLD_BYTES);
    pid = fork();
    assert_true(pid >= 0);
    if (pid == 0)
        alarm(60); /* it may wait for good */
    return pid;
}

static void child_ends_well(pid_t pid)
{
    int status;

    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
}

/* Another thread can then make files, and the end does not wait. */
static void what_is_done_holds_up_nothing(void **state)
{
    struct unfinished next = {0};
    pthread_t thread;
    pid_t pid = start_child();

    (void)state;
    if (pid == 0) {
        if (pthread_create(&thread, NULL, finish_both, NULL) != 0)
            _exit(1);
        pthread_join(thread, NULL);
        unfinished_begin();
        (void)unfinished_created(&next, AT_FDCWD, NULL, -1);
        _exit(unfinished_remove() != 0);
    }
    child_ends_well(pid);
    assert_int_equal(access("made", F_OK), 0); /* it is complete */
}

static void *claim_one(void *arg)
{
    struct unfinished file = {0};
    struct stat st;
    int fd = open("there", O_WRONLY | O_CLOEXEC);

    (void)arg;
    if (fd < 0 || fstat(fd, &st) < 0)
        _exit(1);
    (void)unfinished_claim(&file, fd, &st);
    _exit(2);
}

static void *end_one(void *arg)
{
    unfinished_end(arg);
    _exit(3);
}

/* After the end no function returns, so that nothing is told as done. */
static void nothing_goes_on_after_the_end(void **state)
{
    pthread_t thread;
    pid_t pid = start_child();

    (void)state;
    if (pid == 0) {
        unfinished_begin();
        (void)unfinished_created(&made, AT_FDCWD, "made", -1);
        (void)unfinished_remove();
        if (pthread_create(&thread, NULL, claim_one, NULL) != 0 ||
            pthread_create(&thread, NULL, end_one, &made) != 0)
            _exit(1);
        usleep(100000); /* they wait */
        _exit(0);
    }
    child_ends_well(pid);
}

static void *complete_one(void *arg)
{
    unfinished_completing(arg);
    _exit(4);
}

/* The end still waits for another thread, which makes a file. */
static void nothing_is_completed_at_the_end(void **state)
{
    pthread_t thread;
    pid_t pid = start_child();

    (void)state;
    if (pid == 0) {
        unfinished_begin();
        (void)unfinished_created(&made, AT_FDCWD, "made", -1);
        unfinished_begin();
        if (pthread_create(&thread, NULL, remove_all, NULL) != 0)
            _exit(1);
        usleep(100000); /* it waits for this thread */
        if (pthread_create(&thread, NULL, complete_one, &made) != 0)
            _exit(1);
        usleep(100000); /* it waits for the end */
        _exit(0);
    }
    child_ends_well(pid);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(what_is_being_made_is_removed, scratch_set_up,
                                        scratch_tear_down),
        cmocka_unit_test_setup_teardown(what_another_process_put_there_stays, scratch_set_up,
                                        scratch_tear_down),
        cmocka_unit_test_setup_teardown(of_those_listed_ours_are_removed, scratch_set_up,
                                        scratch_tear_down),
        cmocka_unit_test_setup_teardown(backups_get_their_names_back, scratch_set_up,
                                        scratch_tear_down),
        cmocka_unit_test_setup_teardown(what_is_being_made_is_not_claimed, scratch_set_up,
                                        scratch_tear_down),
        cmocka_unit_test_setup_teardown(what_is_done_holds_up_nothing, scratch_set_up,
                                        scratch_tear_down),
        cmocka_unit_test_setup_teardown(nothing_goes_on_after_the_end, scratch_set_up,
                                        scratch_tear_down),
        cmocka_unit_test_setup_teardown(nothing_is_completed_at_the_end, scratch_set_up,
                                        scratch_tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
