/* temp.c: tests of core/base/temp.c on a filesystem without O_TMPFILE and flags of renameat2(2),
 * beside another process. */
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
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "../../core/base/temp.h"
#include "../support/scratch.h"

/* The three calls below are used instead of the C library's. */

static char created[64]; /* the last new file's name */

int openat(int dir_fd, const char *name, int flags, ...)
{
    va_list args;
    mode_t mode;

    va_start(args, flags);
    mode = flags & O_CREAT ? va_arg(args, mode_t) : 0;
    va_end(args);
    if ((flags & O_TMPFILE) == O_TMPFILE) {
        errno = EOPNOTSUPP;
        return -1;
    }
    if (flags & O_CREAT)
        snprintf(created, sizeof(created), "%s", name);
    return (int)syscall(SYS_openat, dir_fd, name, flags, mode);
}

int renameat2(int from_fd, const char *from, int to_fd, const char *to, unsigned flags)
{
    if (flags != 0) {
        errno = EINVAL;
        return -1;
    }
    return (int)syscall(SYS_renameat2, from_fd, from, to_fd, to, 0);
}

static int removals; /* that another process will still do, before the file is locked */

/* Removes the file as FUSE does: it gets another name. */
int flock(int fd, int how)
{
    if (removals > 0) {
        removals--;
        assert_int_equal(rename(created, "hidden"), 0);
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

static void a_file_that_was_removed_before_its_lock_is_made_again(void **state)
{
    struct unfinished unfinished = {};
    char *temp;
    int fd;

    (void)state;
    removals = 2;
    fd = open_temp(&temp, &unfinished);
    assert_int_equal(removals, 0);
    assert_int_equal(access(temp, F_OK), 0);
    assert_int_equal(temp_name(AT_FDCWD, "file", TEMP_PREFIX, fd, temp, false, &unfinished), 0);
    close(fd);
    assert_content("file", "new");
    unlink("file");
    unlink("hidden");
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
    free(copy);
    unlink("file");
}

static int make_link(const void *arg, int dir_fd, const char *name)
{
    return linkat(AT_FDCWD, arg, dir_fd, name, 0) < 0 ? -errno : 0;
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_file_that_was_removed_before_its_lock_is_made_again),
        cmocka_unit_test(a_name_that_another_process_took_is_its_own),
        cmocka_unit_test(a_link_replaces_a_file_or_leaves_it),
    };

    return cmocka_run_group_tests_name("temp", tests, scratch_set_up, scratch_tear_down);
}
