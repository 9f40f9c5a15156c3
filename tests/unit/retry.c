/* retry.c: tests of core/base/retry.c. This program has its own calls on names, which can end with
 * EINTR once: before they have done anything, or afterwards. */
#define _GNU_SOURCE
#include "../support/check.h"

#include <stdbool.h>
#include <string.h>
#include <sys/syscall.h>

#include "../../core/base/retry.h"
#include "../support/scratch.h"

#undef linkat
#undef mkdirat
#undef mknodat
#undef renameat2
#undef symlinkat
#undef unlinkat

static enum { NEVER, BEFORE, AFTER } interrupted;

#define CALL(call)                                          \
    __extension__({                                         \
        int when = interrupted;                             \
        long rc = when == BEFORE ? -1 : (call);             \
        interrupted = NEVER;                                \
        if (when == BEFORE || (when == AFTER && rc == 0)) { \
            rc = -1;                                        \
            errno = EINTR;                                  \
        }                                                   \
        (int)rc;                                            \
    })

int mkdirat(int dir_fd, const char *name, mode_t mode)
{
    return CALL(syscall(SYS_mkdirat, dir_fd, name, mode));
}

int mknodat(int dir_fd, const char *name, mode_t mode, dev_t dev)
{
    return CALL(syscall(SYS_mknodat, dir_fd, name, mode, dev));
}

int symlinkat(const char *target, int dir_fd, const char *name)
{
    return CALL(syscall(SYS_symlinkat, target, dir_fd, name));
}

int linkat(int from_fd, const char *from, int dir_fd, const char *name, int flags)
{
    return CALL(syscall(SYS_linkat, from_fd, from, dir_fd, name, flags));
}

int renameat2(int from_fd, const char *from, int to_fd, const char *to, unsigned flags)
{
    return CALL(syscall(SYS_renameat2, from_fd, from, to_fd, to, flags));
}

int unlinkat(int dir_fd, const char *name, int flags)
{
    return CALL(syscall(SYS_unlinkat, dir_fd, name, flags));
}

/* Checks a call that is interrupted, and its errno; 0: it must succeed. */
#define CHECK(when, call, error)                  \
    do {                                          \
        interrupted = (when);                     \
        assert_int_equal(call, (error) ? -1 : 0); \
        if (error)                                \
            assert_int_equal(errno, error);       \
        assert_int_equal(interrupted, NEVER);     \
    } while (0)

static bool is(const char *name, mode_t type)
{
    struct stat st;

    return lstat(name, &st) == 0 && (st.st_mode & S_IFMT) == type;
}

static void what_the_interrupted_call_has_made_counts(void **state)
{
    char target[8] = "";

    (void)state;
    for (int when = BEFORE; when <= AFTER; when++) {
        pattern_file("file", 1, 1);
        CHECK(when, retry_mkdirat(AT_FDCWD, "dir", 0700), 0);
        CHECK(when, retry_mknodat(AT_FDCWD, "fifo", S_IFIFO | 0600, 0), 0);
        CHECK(when, retry_symlinkat("target", AT_FDCWD, "link"), 0);
        CHECK(when, retry_linkat(AT_FDCWD, "file", AT_FDCWD, "name", 0), 0);
        CHECK(when, retry_renameat2(AT_FDCWD, "name", AT_FDCWD, "new", RENAME_NOREPLACE), 0);
        assert_true(is("dir", S_IFDIR) && is("fifo", S_IFIFO) && is("new", S_IFREG));
        assert_int_equal(readlink("link", target, sizeof(target)), 6);
        assert_memory_equal(target, "target", 6);
        assert_false(is("name", S_IFREG));
        CHECK(when, retry_unlinkat(AT_FDCWD, "dir", AT_REMOVEDIR), 0);
        CHECK(when, retry_unlinkat(AT_FDCWD, "fifo", 0), 0);
        CHECK(when, retry_unlinkat(AT_FDCWD, "link", 0), 0);
        CHECK(when, retry_unlinkat(AT_FDCWD, "new", 0), 0);
        assert_false(is("dir", S_IFDIR) || is("fifo", S_IFIFO) || is("link", S_IFLNK) ||
                     is("new", S_IFREG));
    }
}

static void what_was_there_before_does_not_count(void **state)
{
    (void)state;
    pattern_file("file", 1, 1);
    pattern_file("other", 1, 1);
    assert_true(mkdir("full", 0700) == 0 && symlink("longer", "link") == 0);
    pattern_file("full/file", 1, 1);
    CHECK(BEFORE, retry_mkdirat(AT_FDCWD, "full", 0700), EEXIST);
    CHECK(BEFORE, retry_mkdirat(AT_FDCWD, "file", 0700), EEXIST);
    CHECK(BEFORE, retry_mknodat(AT_FDCWD, "file", S_IFIFO | 0600, 0), EEXIST);
    CHECK(BEFORE, retry_symlinkat("target", AT_FDCWD, "file"), EEXIST);
    CHECK(BEFORE, retry_symlinkat("short", AT_FDCWD, "link"), EEXIST);
    CHECK(BEFORE, retry_linkat(AT_FDCWD, "file", AT_FDCWD, "other", 0), EEXIST);
    CHECK(BEFORE, retry_renameat2(AT_FDCWD, "file", AT_FDCWD, "other", RENAME_NOREPLACE), EEXIST);
    CHECK(BEFORE, retry_renameat2(AT_FDCWD, "missing", AT_FDCWD, "nothing", 0), ENOENT);
    CHECK(NEVER, retry_unlinkat(AT_FDCWD, "missing", 0), ENOENT);
    CHECK(NEVER, retry_mkdirat(AT_FDCWD, "full", 0700), EEXIST);
    assert_true(is("file", S_IFREG) && is("other", S_IFREG));
}

static void a_closed_descriptor_cannot_be_flushed(void **state)
{
    int fd = dup(STDOUT_FILENO);

    (void)state;
    assert_true(fd >= 0);
    assert_int_equal(retry_flush(fd), 0);
    close(fd);
    assert_int_equal(retry_flush(fd), -EBADF);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_the_interrupted_call_has_made_counts),
        cmocka_unit_test(what_was_there_before_does_not_count),
        cmocka_unit_test(a_closed_descriptor_cannot_be_flushed),
    };

    return cmocka_run_group_tests_name("retry", tests, scratch_set_up, scratch_tear_down);
}
