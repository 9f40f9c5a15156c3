/* reach.c: tests of core/copy/reach.c: attributes and modes by every way to a file. This program
 * has its own chmod(2) and removexattr(2), which can end with EINTR once. */
#define _GNU_SOURCE
#include "../support/check.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "../../core/copy/reach.h"
#include "../support/scratch.h"

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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_way_has_the_attributes),
        cmocka_unit_test(every_way_sets_the_mode),
        cmocka_unit_test(a_symbolic_link_is_not_followed),
    };

    return cmocka_run_group_tests_name("reach", tests, scratch_set_up, scratch_tear_down);
}
