/* temp.c: tests of core/base/temp.c with and without O_TMPFILE and locks, without flags of
 * renameat2(2), and beside another process. */
#define _GNU_SOURCE
#include "../support/check.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "../../core/base/temp.h"
#include "../support/child.h"
#include "../support/scratch.h"

/* The calls below are used instead of the C library's. */

static char created[64];               /* the last new file's name */
static int unnamed_error = EOPNOTSUPP; /* of O_TMPFILE; 0: it is allowed */
static unsigned repeats;               /* so many random numbers are equal */
static unsigned failing_locks;         /* so many fail */
static int link_error;                 /* of linkat(2) */
static int lock_error;                 /* with this */
static bool renamed_locked;            /* the last renamed file had a lock */
static bool renamed_alone;             /* meanwhile the names were locked */

int openat(int dir_fd, const char *name, int flags, ...)
{
    va_list args;
    mode_t mode;

    va_start(args, flags);
    mode = flags & O_CREAT ? va_arg(args, mode_t) : 0;
    va_end(args);
    if ((flags & O_TMPFILE) == O_TMPFILE) {
        errno = unnamed_error;
        return unnamed_error ? -1 : (int)syscall(SYS_openat, dir_fd, name, flags, 0600);
    }
    if (flags & O_CREAT)
        snprintf(created, sizeof(created), "%s", name);
    return (int)syscall(SYS_openat, dir_fd, name, flags, mode);
}

int renameat2(int from_fd, const char *from, int to_fd, const char *to, unsigned flags)
{
    pthread_mutex_t *names = temp_names_lock(AT_FDCWD);
    int fd;

    if (flags != 0) {
        errno = EINVAL;
        return -1;
    }
    fd = open(from, O_RDONLY | O_CLOEXEC);
    renamed_locked = syscall(SYS_flock, fd, LOCK_EX | LOCK_NB) < 0;
    close(fd);
    renamed_alone = pthread_mutex_trylock(names) != 0;
    if (!renamed_alone)
        pthread_mutex_unlock(names);
    return (int)syscall(SYS_renameat2, from_fd, from, to_fd, to, 0);
}

/* As an ordinary user may: not by descriptor. */
int linkat(int from_fd, const char *from, int to_fd, const char *to, int flags)
{
    if (flags & AT_EMPTY_PATH) {
        errno = ENOENT;
        return -1;
    }
    errno = link_error;
    if (link_error)
        return -1;
    return (int)syscall(SYS_linkat, from_fd, from, to_fd, to, flags);
}

ssize_t getrandom(void *buf, size_t len, unsigned flags)
{
    if (repeats == 0)
        return syscall(SYS_getrandom, buf, len, flags);
    repeats--;
    memset(buf, 1, len);
    return (ssize_t)len;
}

static int removals; /* that another process will still do, before the file is locked */
static enum { NOTHING, A_FILE, A_LINK } then_there; /* what it puts into the file's place */

/* Removes the file as FUSE does: it gets another name. */
int flock(int fd, int how)
{
    if (removals > 0) {
        removals--;
        assert_int_equal(rename(created, "hidden"), 0);
        if (then_there == A_FILE)
            pattern_file(created, 1, 5);
        else if (then_there == A_LINK)
            assert_int_equal(symlink("hidden", created), 0);
    }
    if (failing_locks > 0) {
        failing_locks--;
        errno = lock_error;
        return -1;
    }
    return (int)syscall(SYS_flock, fd, how);
}

static int open_temp(char **temp, struct unfinished *unfinished)
{
    int fd = temp_open(AT_FDCWD, "file", TEMP_PREFIX, 0600, temp, unfinished);

    assert_true(fd >= 0);
    assert_non_null(*temp);
    assert_int_equal(write(fd, "new", 3), 3);
    return fd;
}

static void assert_content(const char *name, const char *content)
{
    char buf[16];
    int fd = open(name, O_RDONLY | O_CLOEXEC);
    ssize_t len;

    assert_true(fd >= 0);
    len = read(fd, buf, sizeof(buf));
    close(fd);
    assert_int_equal(len, strlen(content));
    assert_memory_equal(buf, content, (size_t)len);
}

static unsigned names_here(void)
{
    DIR *dir = opendir(".");
    unsigned n = 0;

    assert_non_null(dir);
    while (readdir(dir))
        n++;
    closedir(dir);
    return n - 2; /* . and .. */
}

static void a_file_that_was_removed_before_its_lock_is_made_again(void **state)
{
    (void)state;
    for (then_there = NOTHING; then_there <= A_LINK; then_there++) {
        unsigned descriptors = descriptors_open();
        struct unfinished unfinished = {};
        char *temp;
        int fd;

        removals = 2;
        fd = open_temp(&temp, &unfinished);
        assert_int_equal(removals, 0);
        assert_content(temp, "new");
        assert_int_equal(temp_name(AT_FDCWD, "file", TEMP_PREFIX, fd, temp, false, &unfinished), 0);
        close(fd);
        assert_content("file", "new");
        assert_int_equal(descriptors_open(), descriptors);
        assert_true(renamed_locked && renamed_alone);
        unlink("file");
        unlink("hidden");
    }
}

static void a_file_that_another_run_locks_first_is_left_to_it(void **state)
{
    unsigned descriptors = descriptors_open();
    struct unfinished unfinished = {};
    char *temp;
    int fd;

    (void)state;
    lock_error = EWOULDBLOCK;
    failing_locks = repeats = 1;
    fd = open_temp(&temp, &unfinished);
    assert_int_equal(names_here(), 1);
    close(fd);
    temp_drop(AT_FDCWD, temp, &unfinished);
    assert_int_equal(names_here(), 0);
    assert_int_equal(descriptors_open(), descriptors);
}

static void a_filesystem_without_locks_will_do(void **state)
{
    struct unfinished unfinished = {};
    char *temp;
    int fd;

    (void)state;
    lock_error = ENOLCK;
    failing_locks = 200;
    fd = open_temp(&temp, &unfinished);
    assert_int_equal(failing_locks, 199);
    failing_locks = 0;
    close(fd);
    temp_drop(AT_FDCWD, temp, &unfinished);
}

static void a_name_that_is_taken_belongs_to_its_file(void **state)
{
    struct unfinished unfinished = {};
    char *temp, *taken;

    (void)state;
    repeats = 2;
    close(open_temp(&temp, &unfinished));
    taken = strdup(temp);
    assert_non_null(taken);
    temp_drop(AT_FDCWD, temp, &unfinished);
    pattern_file(taken, 1, 5);
    close(open_temp(&temp, &unfinished));
    assert_int_equal(repeats, 0);
    assert_string_not_equal(temp, taken);
    temp_drop(AT_FDCWD, temp, &unfinished);
    assert_int_equal(unlink(taken), 0);
    assert_int_equal(names_here(), 0);
    free(taken);
}

static void a_filesystem_without_unnamed_files_will_do(void **state)
{
    static const int errors[] = {EOPNOTSUPP, EISDIR, EINVAL, ENOENT};
    struct unfinished unfinished = {};
    char *temp;

    (void)state;
    for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++) {
        unnamed_error = errors[i];
        close(open_temp(&temp, &unfinished));
        temp_drop(AT_FDCWD, temp, &unfinished);
        assert_int_equal(names_here(), 0);
    }
    unnamed_error = ENOSPC;
    assert_int_equal(temp_open(AT_FDCWD, "file", TEMP_PREFIX, 0600, &temp, &unfinished), -ENOSPC);
    assert_null(temp);
    assert_int_equal(names_here(), 0);
    unnamed_error = EOPNOTSUPP;
}

/* Another run must not take it for one that is left over. */
static void an_unnamed_file_is_locked_when_it_gets_a_name(void **state)
{
    unsigned descriptors = descriptors_open();
    struct unfinished unfinished = {};
    char none, *temp = &none;
    int fd;

    (void)state;
    unnamed_error = 0;
    fd = temp_open(AT_FDCWD, "file", TEMP_PREFIX, 0600, &temp, &unfinished);
    unnamed_error = EOPNOTSUPP;
    assert_true(fd >= 0);
    if (temp) { /* the scratch directory's filesystem has no such files */
        close(fd);
        temp_drop(AT_FDCWD, temp, &unfinished);
        skip();
    }
    assert_int_equal(write(fd, "new", 3), 3);
    pattern_file("file", 1, 5);
    assert_int_equal(temp_name(AT_FDCWD, "file", TEMP_PREFIX, fd, NULL, false, &unfinished),
                     -EEXIST);
    link_error = EXDEV;
    assert_int_equal(temp_name(AT_FDCWD, "file", TEMP_PREFIX, fd, NULL, true, &unfinished), -EXDEV);
    link_error = 0;
    renamed_locked = false;
    assert_int_equal(temp_name(AT_FDCWD, "file", TEMP_PREFIX, fd, NULL, true, &unfinished), 0);
    assert_true(renamed_locked);
    assert_false(unfinished.listed);
    close(fd);
    assert_content("file", "new");
    assert_int_equal(names_here(), 1);
    assert_int_equal(descriptors_open(), descriptors);
    unlink("file");
}

static int make_link(const void *arg, int dir_fd, const char *name)
{
    return linkat(AT_FDCWD, arg, dir_fd, name, 0) < 0 ? -errno : 0;
}

static void the_end_of_the_program_removes_it(void **state)
{
    struct unfinished unfinished = {};
    pid_t pid = child_start();
    char *temp;

    (void)state;
    if (pid == 0) {
        alarm(60);
        (void)temp_replace(AT_FDCWD, "file", TEMP_PREFIX, make_link, "none");
        (void)open_temp(&temp, &unfinished);
        (void)unfinished_remove(); /* waits until nothing is being made */
        _exit(0);
    }
    child_end(pid);
    assert_int_equal(names_here(), 0);
}

static void a_name_that_another_process_took_is_its_own(void **state)
{
    struct unfinished unfinished = {};
    char *temp, *copy;
    int fd = open_temp(&temp, &unfinished), other;

    (void)state;
    copy = strdup(temp);
    assert_non_null(copy);
    other = open("file", O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    assert_true(other >= 0);
    assert_int_equal(write(other, "theirs", 6), 6);
    close(other);
    assert_int_equal(temp_name(AT_FDCWD, "file", TEMP_PREFIX, fd, temp, false, &unfinished),
                     -EEXIST);
    close(fd);
    assert_content("file", "theirs");
    assert_int_equal(access(copy, F_OK), -1);
    assert_false(unfinished.listed);
    free(copy);
    unlink("file");
}

static void a_dangling_link_is_a_name_that_is_taken(void **state)
{
    struct unfinished unfinished = {};
    char *temp, target[8] = "";
    int fd = open_temp(&temp, &unfinished);

    (void)state;
    assert_int_equal(symlink("none", "file"), 0);
    assert_int_equal(temp_name(AT_FDCWD, "file", TEMP_PREFIX, fd, temp, false, &unfinished),
                     -EEXIST);
    close(fd);
    assert_int_equal(readlink("file", target, sizeof(target)), 4);
    unlink("file");
    assert_int_equal(names_here(), 0);
}

static void a_link_replaces_a_file_or_leaves_it(void **state)
{
    int fd = open("new", O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

    (void)state;
    assert_int_equal(write(fd, "new", 3), 3);
    close(fd);
    close(open("file", O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
    assert_int_equal(temp_replace(AT_FDCWD, "file", TEMP_PREFIX, make_link, "none"), -ENOENT);
    assert_content("file", "");
    assert_int_equal(temp_replace(AT_FDCWD, "file", TEMP_PREFIX, make_link, "new"), 0);
    assert_content("file", "new");
    /* it is a link to that file already: rename(2) does nothing then */
    assert_int_equal(temp_replace(AT_FDCWD, "file", TEMP_PREFIX, make_link, "new"), 0);
    assert_content("file", "new");
    assert_int_equal(mkdir("directory", 0700), 0);
    assert_int_equal(temp_replace(AT_FDCWD, "directory", TEMP_PREFIX, make_link, "new"), -EISDIR);
    assert_int_equal(names_here(), 3);
    rmdir("directory");
    unlink("file");
    unlink("new");
}

/* Makes a name that begins as the other one does, up to the last digits. */
static const char *beside(const char *name, const char *digits)
{
    static char made[64];

    snprintf(made, sizeof(made), "%.*s%s", (int)strlen(TEMP_PREFIX "00000000"), name, digits);
    return made;
}

static void a_sweep_removes_a_file_that_is_left_and_no_other(void **state)
{
    unsigned descriptors = descriptors_open();
    struct unfinished unfinished = {};
    char *left;

    (void)state;
    close(open_temp(&left, &unfinished));
    unfinished_end(&unfinished);
    pattern_file(beside(left, "0000000z"), 1, 5);
    pattern_file(beside(left, "00000000z"), 1, 5);
    pattern_file("linked", 1, 5);
    assert_int_equal(link("linked", beside(left, "00000001")), 0);
    assert_int_equal(symlink("linked", beside(left, "00000002")), 0);
    assert_int_equal(mkfifo(beside(left, "00000003"), 0600), 0);
    pattern_file(beside(left, "00000004"), 1, 5);
    if (geteuid() != 0)
        unlink(beside(left, "00000004"));
    else if (chown(beside(left, "00000004"), 65534, 65534) < 0)
        test_broken("chown");
    /* another process puts its own file there before the lock */
    removals = 1;
    then_there = A_FILE;
    temp_sweep(AT_FDCWD, TEMP_PREFIX);
    assert_int_equal(removals, 0);
    assert_int_equal(access(left, F_OK), 0);
    assert_int_equal(names_here(), geteuid() == 0 ? 9 : 8);
    temp_sweep(AT_FDCWD, TEMP_PREFIX);
    assert_int_equal(access(left, F_OK), -1);
    assert_int_equal(names_here(), geteuid() == 0 ? 8 : 7);
    assert_int_equal(descriptors_open(), descriptors);
    free(left);
}

static void another_mount_has_other_names(void **state)
{
    static const char other[] = "/dev/shm/file";
    struct unfinished unfinished = {};
    struct stat here, there;
    char *temp, *on_other;

    (void)state;
    if (stat("/dev/shm", &there) < 0 || access("/dev/shm", W_OK) < 0 || stat(".", &here) < 0 ||
        here.st_dev == there.st_dev)
        skip();
    close(open_temp(&temp, &unfinished));
    unfinished_end(&unfinished);
    close(temp_open(AT_FDCWD, other, TEMP_PREFIX, 0600, &on_other, &unfinished));
    assert_memory_not_equal(temp, on_other + strlen("/dev/shm/"), strlen(TEMP_PREFIX "00000000"));
    temp_drop(AT_FDCWD, on_other, &unfinished);
    unlink(temp);
    free(temp);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_file_that_was_removed_before_its_lock_is_made_again),
        cmocka_unit_test(a_file_that_another_run_locks_first_is_left_to_it),
        cmocka_unit_test(a_filesystem_without_locks_will_do),
        cmocka_unit_test(a_name_that_is_taken_belongs_to_its_file),
        cmocka_unit_test(a_filesystem_without_unnamed_files_will_do),
        cmocka_unit_test(an_unnamed_file_is_locked_when_it_gets_a_name),
        cmocka_unit_test(the_end_of_the_program_removes_it),
        cmocka_unit_test(a_name_that_another_process_took_is_its_own),
        cmocka_unit_test(a_dangling_link_is_a_name_that_is_taken),
        cmocka_unit_test(a_link_replaces_a_file_or_leaves_it),
        cmocka_unit_test(another_mount_has_other_names),
        cmocka_unit_test(a_sweep_removes_a_file_that_is_left_and_no_other),
    };

    return cmocka_run_group_tests_name("temp", tests, scratch_set_up, scratch_tear_down);
}
