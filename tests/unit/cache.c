/* cache.c: tests of core/base/cache.c: what of a file is in the page cache, with cachestat(2) and
 * without it. */
#define _GNU_SOURCE
#include "../support/check.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../../core/base/cache.h"
#include "../support/scratch.h"

#ifndef SYS_cachestat
#define SYS_cachestat 451
#endif

enum { SIZE = 256 * 1024, ODD_SIZE = SIZE + 100, LONG_SIZE = 4 * 1024 * 1024 };

/* Makes cachestat fail as before Linux 6.5. Returns false if that is not allowed. */
static bool hide_cachestat(void)
{
    struct sock_filter filter[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_cachestat, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    struct sock_fprog program = {.len = sizeof(filter) / sizeof(filter[0]), .filter = filter};

    return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
           prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0;
}

/* Returns false if the filesystem keeps files in memory. */
static bool drops_pages(void)
{
    int64_t resident;
    struct stat st;
    int fd;

    pattern_file("probe", 1, SIZE);
    file_make_cold("probe");
    fd = open("probe", O_RDONLY | O_CLOEXEC);
    assert_true(fd >= 0 && fstat(fd, &st) == 0);
    resident = cache_resident_end(fd, &st, 0);
    close(fd);
    return resident == 0;
}

/* The answers of both ways to ask. */
static void a_warm_file_is_resident(void)
{
    struct stat st, dir;
    int fd, dir_fd;

    pattern_file("warm", 1, ODD_SIZE);
    file_make_warm("warm");
    fd = open("warm", O_RDONLY | O_CLOEXEC);
    dir_fd = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    assert_true(fd >= 0 && fstat(fd, &st) == 0 && dir_fd >= 0 && fstat(dir_fd, &dir) == 0);
    assert_uint_in_range(cache_resident_end(fd, &st, 0), ODD_SIZE, ODD_SIZE + 4095);
    assert_uint_in_range(cache_resident_end(fd, &st, SIZE / 2), ODD_SIZE / 2, ODD_SIZE / 2 + 8192);
    /* at no page of a mapping */
    assert_uint_in_range(cache_resident_end(fd, &st, SIZE / 2 + 100), ODD_SIZE / 2 - 100,
                         ODD_SIZE / 2 + 8192);
    assert_int_equal(cache_resident_end(fd, &st, (uint64_t)SIZE * 2), 0);
    assert_false(cache_is_cold(fd, &st, ODD_SIZE, 0));
    assert_true(cache_has(fd, 0, SIZE));
    assert_true(cache_has(fd, 4096, 8192));
    assert_true(cache_has(fd, SIZE - 4096, 4096));
    assert_false(cache_has(fd, SIZE, SIZE)); /* behind its end */
    assert_true(cache_resident_end(dir_fd, &dir, 0) <= 0);
    close(dir_fd);
    close(fd);
}

static void a_cold_file_is_not(void)
{
    struct stat st;
    char byte;
    int fd;

    pattern_file("cold", 1, LONG_SIZE);
    file_make_cold("cold");
    fd = open("cold", O_RDONLY | O_CLOEXEC);
    assert_true(fd >= 0 && fstat(fd, &st) == 0);
    assert_int_equal(cache_resident_end(fd, &st, 0), 0);
    assert_false(cache_has(fd, 0, 4096));
    assert_true(cache_is_cold(fd, &st, LONG_SIZE, 0));
    assert_false(cache_is_cold(fd, &st, 0, 0)); /* as /proc says of its files */
    /* a few pages of a long file */
    assert_int_equal(posix_fadvise(fd, 0, 0, POSIX_FADV_RANDOM), 0);
    assert_int_equal(pread(fd, &byte, 1, LONG_SIZE - 1), 1);
    assert_uint_in_range(cache_resident_end(fd, &st, 0), 1, LONG_SIZE / 4);
    assert_true(cache_is_cold(fd, &st, LONG_SIZE, 0));
    /* of a short rest one page is enough */
    assert_false(cache_is_cold(fd, &st, LONG_SIZE, LONG_SIZE - 16384));
    cache_drop(fd, 0, 0);
    assert_int_equal(cache_resident_end(fd, &st, 0), 0);
    close(fd);
}

static void unwritten_pages_are_counted(void **state)
{
    int fd = open("dirty", O_RDWR | O_CREAT | O_CLOEXEC, 0600);

    (void)state;
    assert_true(fd >= 0);
    if (cache_dirty(fd) == -ENOSYS) {
        close(fd);
        print_message("this kernel has no cachestat\n");
        skip();
    }
    if (!drops_pages()) {
        close(fd);
        print_message("this filesystem keeps files in memory\n");
        skip();
    }
    assert_int_equal(cache_dirty(fd), 0);
    pattern_write(fd, 1, 0, SIZE);
    assert_uint_in_range(cache_dirty(fd), 4096, SIZE);
    assert_int_equal(fsync(fd), 0);
    assert_int_equal(cache_dirty(fd), 0);
    close(fd);
}

static void the_cache_is_known_with_cachestat(void **state)
{
    (void)state;
    a_warm_file_is_resident();
    if (!drops_pages()) {
        print_message("this filesystem keeps files in memory\n");
        skip();
    }
    a_cold_file_is_not();
}

static void and_without_it(void **state)
{
    int status, fd;
    pid_t child = fork();

    (void)state;
    assert_true(child >= 0);
    if (child == 0) {
        if (!hide_cachestat())
            _exit(77);
        fd = open(".", O_RDONLY | O_CLOEXEC);
        assert_int_equal(cache_resident(fd, 0, 0), -ENOSYS);
        assert_int_equal(cache_dirty(fd), -ENOSYS);
        a_warm_file_is_resident();
        if (drops_pages())
            a_cold_file_is_not();
        _exit(0);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    if (WIFEXITED(status) && WEXITSTATUS(status) == 77) {
        print_message("no filter can be installed\n");
        skip();
    }
    assert_int_equal(status, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_cache_is_known_with_cachestat),
        cmocka_unit_test(and_without_it),
        cmocka_unit_test(unwritten_pages_are_counted),
    };

    return cmocka_run_group_tests_name("cache", tests, scratch_set_up, scratch_tear_down);
}
