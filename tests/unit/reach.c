/* reach.c: tests of core/copy/reach.c: attributes and modes by every way to a file. This program
 * has its own chmod(2) and removexattr(2), which can end with EINTR once, and its own fchmodat and
 * fchmodat2(2), which can be missing. */
#define _GNU_SOURCE
#include "../support/check.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdarg.h>
#include <stdbool.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "../../core/copy/reach.h"
#include "../support/child.h"
#include "../support/scratch.h"

#ifndef SYS_fchmodat2
#define SYS_fchmodat2 452 /* Linux 6.6 */
#endif

static bool interrupt;

/* Tells whether to end this call with EINTR. */
static bool is_interrupted(void)
{
    bool now = interrupt;

    interrupt = false;
    errno = EINTR;
    return now;
}

int chmod(const char *path, mode_t mode)
{
    return is_interrupted() ? -1 : (int)syscall(SYS_fchmodat, AT_FDCWD, path, mode);
}

int removexattr(const char *path, const char *name)
{
    return is_interrupted() ? -1 : (int)syscall(SYS_removexattr, path, name);
}

static int fchmodat_errno, fchmodat2_errno;

int fchmodat(int dir_fd, const char *name, mode_t mode, int flags)
{
    int (*libc)(int, const char *, mode_t, int) = dlsym(RTLD_NEXT, "fchmodat");

    errno = fchmodat_errno;
    return fchmodat_errno ? -1 : libc(dir_fd, name, mode, flags);
}

long syscall(long number, ...)
{
    long (*libc)(long, ...) = dlsym(RTLD_NEXT, "syscall"), args[6];
    va_list list;

    va_start(list, number);
    for (int i = 0; i < 6; i++)
        args[i] = va_arg(list, long);
    va_end(list);
    errno = fchmodat2_errno;
    return number == SYS_fchmodat2 && fchmodat2_errno
               ? -1
               : libc(number, args[0], args[1], args[2], args[3], args[4], args[5]);
}

static mode_t mode_of(const char *path)
{
    struct stat st;

    return lstat(path, &st) < 0 ? 0 : st.st_mode & 07777;
}

/* Ways to dir/file: by a descriptor, by an O_PATH one, by its name in a directory, by its path. */
enum { WAYS = 4 };

static void make_ways(struct attr_at ways[WAYS])
{
    int dir_fd;

    assert_true(mkdir("dir", 0700) == 0 || errno == EEXIST);
    pattern_file("dir/file", 1, 1);
    dir_fd = open("dir", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    ways[0] = (struct attr_at){.fd = open("dir/file", O_RDONLY | O_CLOEXEC)};
    ways[1] = (struct attr_at){.fd = open("dir/file", O_PATH | O_CLOEXEC)};
    ways[2] = (struct attr_at){.fd = -1, .dir_fd = dir_fd, .name = "file"};
    ways[3] = (struct attr_at){.fd = -1, .dir_fd = AT_FDCWD, .name = "dir/file"};
    assert_true(dir_fd >= 0 && ways[0].fd >= 0 && ways[1].fd >= 0);
}

static void close_ways(const struct attr_at ways[WAYS])
{
    close(ways[0].fd);
    close(ways[1].fd);
    close(ways[2].dir_fd);
}

static void every_way_has_the_attributes(void **state)
{
    struct attr_at ways[WAYS];
    char bytes[64];

    (void)state;
    make_ways(ways);
    if (setxattr("dir/file", "user.probe", "", 0, 0) < 0) {
        close_ways(ways);
        skip(); /* the filesystem has none */
    }
    assert_int_equal(removexattr("dir/file", "user.probe"), 0);
    for (int i = 0; i < WAYS; i++) {
        assert_int_equal(reach_setxattr(&ways[i], "user.a", "value", 5), 0);
        assert_int_equal(getxattr("dir/file", "user.a", bytes, sizeof(bytes)), 5);
        assert_memory_equal(bytes, "value", 5);
        assert_int_equal(reach_getxattr(&ways[i], "user.a", bytes, sizeof(bytes)), 5);
        assert_memory_equal(bytes, "value", 5);
        assert_true(reach_listxattr(&ways[i], bytes, sizeof(bytes)) >= (ssize_t)sizeof("user.a"));
        assert_int_equal(reach_removexattr(&ways[i], "user.a"), 0);
        assert_int_equal(getxattr("dir/file", "user.a", bytes, sizeof(bytes)), -1);
        assert_int_equal(errno, ENODATA);
    }
    assert_int_equal(reach_setxattr(&ways[1], "user.a", "value", 5), 0);
    interrupt = true;
    assert_int_equal(reach_removexattr(&ways[1], "user.a"), 0);
    assert_false(interrupt);
    close_ways(ways);
}

static void every_way_sets_the_mode(void **state)
{
    struct attr_at ways[WAYS];

    (void)state;
    make_ways(ways);
    for (int i = 0; i < WAYS; i++) {
        mode_t mode = (mode_t)(0600 + i);
        assert_int_equal(reach_chmod(&ways[i], mode), 0);
        assert_int_equal(mode_of("dir/file"), mode);
    }
    interrupt = true;
    assert_int_equal(reach_chmod(&ways[1], 0640), 0);
    assert_false(interrupt);
    assert_int_equal(mode_of("dir/file"), 0640);
    close_ways(ways);
}

static void a_symbolic_link_is_not_followed(void **state)
{
    struct attr_at link = {.fd = -1, .dir_fd = AT_FDCWD, .name = "link"};

    (void)state;
    pattern_file("target", 1, 1);
    assert_true(chmod("target", 0600) == 0 && symlink("target", "link") == 0);
    assert_int_equal(reach_chmod(&link, 0644), -1);
    assert_int_equal(errno, EOPNOTSUPP);
    assert_int_equal(mode_of("target"), 0600);
    (void)reach_setxattr(&link, "user.a", "value", 5);
    assert_int_equal(getxattr("target", "user.a", NULL, 0), -1);
}

/* The C library has no way, and the kernel is too old or a filter forbids fchmodat2. */
static void without_fchmodat2_names_are_reached(void **state)
{
    static const int errors[] = {EOPNOTSUPP, ENOENT, EPERM};
    struct attr_at link = {.fd = -1, .dir_fd = AT_FDCWD, .name = "away"};
    struct attr_at ways[WAYS];

    (void)state;
    make_ways(ways);
    assert_int_equal(symlink("dir", "away"), 0);
    for (int i = 0; i < 6; i++) {
        fchmodat_errno = errors[i / 2];
        fchmodat2_errno = i % 2 ? ENOSYS : EPERM;
        assert_int_equal(reach_chmod(&ways[2], (mode_t)(0600 + i)), 0);
        assert_int_equal(mode_of("dir/file"), 0600 + i);
        assert_int_equal(reach_chmod(&link, 0755), -1);
        assert_int_equal(errno, EOPNOTSUPP);
        assert_int_equal(mode_of("dir"), 0700);
    }
    fchmodat_errno = EACCES;
    fchmodat2_errno = 0;
    assert_int_equal(reach_chmod(&ways[2], 0644), -1);
    assert_int_equal(errno, EACCES);
    fchmodat_errno = EOPNOTSUPP;
    fchmodat2_errno = EROFS;
    assert_int_equal(reach_chmod(&ways[2], 0644), -1);
    assert_int_equal(errno, EROFS);
    assert_int_equal(mode_of("dir/file"), 0605);
    fchmodat_errno = fchmodat2_errno = 0;
    close_ways(ways);
}

/* Hides /proc from this process. Returns whether it may. */
static bool hide_proc(void)
{
    return unshare(CLONE_NEWNS | (geteuid() == 0 ? 0 : CLONE_NEWUSER)) == 0 &&
           mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0 &&
           mount("none", "/proc", "tmpfs", 0, NULL) == 0;
}

static void skip_without_mounts(void)
{
    if (rmdir("no_mounts") < 0)
        return;
    print_message("# skipped: /proc cannot be hidden\n");
    skip();
}

/* Tells whether an attribute can be set, listed, read and removed this way. */
static bool has_attributes(const struct attr_at *at, const char *path)
{
    char bytes[64];

    return reach_setxattr(at, "user.a", "value", 5) == 0 &&
           getxattr(path, "user.a", bytes, sizeof(bytes)) == 5 &&
           reach_getxattr(at, "user.a", bytes, sizeof(bytes)) == 5 &&
           reach_listxattr(at, bytes, sizeof(bytes)) >= (ssize_t)sizeof("user.a") &&
           reach_removexattr(at, "user.a") == 0 &&
           getxattr(path, "user.a", bytes, sizeof(bytes)) == -1;
}

/* Also for a directory that may not be listed, which is open with O_PATH. */
static void without_proc_names_and_directories_are_reached(void **state)
{
    struct attr_at ways[WAYS], dir = {.fd = -1};
    bool attributes;
    pid_t pid;

    (void)state;
    make_ways(ways);
    attributes = setxattr("dir/file", "user.probe", "", 0, 0) == 0;
    pid = child_start();
    if (pid == 0) {
        dir.fd = open("dir", O_PATH | O_DIRECTORY | O_CLOEXEC);
        if (!hide_proc())
            _exit(mkdir("no_mounts", 0700));
        if (attributes && (!has_attributes(&dir, "dir") || !has_attributes(&ways[2], "dir/file")))
            _exit(2);
        if (reach_chmod(&dir, 0710) < 0 || mode_of("dir") != 0710 ||
            reach_chmod(&ways[2], 0641) < 0 || mode_of("dir/file") != 0641)
            _exit(3);
        /* the working directory of the other threads is what it was */
        _exit(access("dir/file", F_OK) == 0 && reach_getxattr(&ways[1], "user.a", NULL, 0) == -1
                  ? 0
                  : 4);
    }
    child_end(pid);
    close_ways(ways);
    skip_without_mounts();
}

/* By an ACL, which has no sticky bit; else by opening it, if it has only one name. */
static void without_proc_a_fifo_is_reached(void **state)
{
    struct attr_at fifo = {.fd = -1, .dir_fd = AT_FDCWD, .name = "fifo"};
    struct attr_at file = {.fd = -1, .dir_fd = AT_FDCWD, .name = "target"};
    pid_t pid;
    bool acl;

    (void)state;
    assert_int_equal(mkfifo("fifo", 0600), 0);
    assert_int_equal(link("fifo", "other"), 0);
    pattern_file("target", 1, 1);
    pid = child_start();
    if (pid == 0) {
        fchmodat_errno = EOPNOTSUPP;
        fchmodat2_errno = ENOSYS;
        if (!hide_proc())
            _exit(mkdir("no_mounts", 0700));
        acl = getxattr("fifo", "system.posix_acl_access", NULL, 0) < 0 && errno == ENODATA;
        if (acl && (reach_chmod(&fifo, 0651) < 0 || mode_of("fifo") != 0651))
            _exit(2);
        if (reach_chmod(&fifo, 01624) == 0 || reach_chmod(&file, 0600) == 0)
            _exit(3);
        if (unlink("other") < 0 || reach_chmod(&fifo, 01624) < 0 || mode_of("fifo") != 01624)
            _exit(4);
        _exit(0);
    }
    child_end(pid);
    skip_without_mounts();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_way_has_the_attributes),
        cmocka_unit_test(every_way_sets_the_mode),
        cmocka_unit_test(a_symbolic_link_is_not_followed),
        cmocka_unit_test(without_fchmodat2_names_are_reached),
        cmocka_unit_test(without_proc_names_and_directories_are_reached),
        cmocka_unit_test(without_proc_a_fifo_is_reached),
    };

    return cmocka_run_group_tests_name("reach", tests, scratch_set_up, scratch_tear_down);
}
