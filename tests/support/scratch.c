/* scratch.c: a directory for a test's files. See scratch.h. */
#define _GNU_SOURCE
#include "scratch.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char scratch_path[4096];

void test_broken(const char *what)
{
    fprintf(stderr, "test cannot run: %s: %s\n", what, strerror(errno));
    exit(1);
}

void scratch_enter(void)
{
    const char *parent = getenv("TMPDIR");

    snprintf(scratch_path, sizeof(scratch_path), "%s/aioutils-test.XXXXXX",
             parent && *parent ? parent : "/tmp");
    /* 0755: some tests give up root's rights */
    if (!mkdtemp(scratch_path) || chmod(scratch_path, 0755) < 0 || chdir(scratch_path) < 0)
        test_broken(scratch_path);
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
    (void)st;
    (void)type;
    (void)ftw;
    return remove(path);
}

void scratch_leave(void)
{
    /* musl enters no directory that is deeper than it may open descriptors */
    enum { DESCRIPTORS = 128 };

    if (chdir("/") < 0 || nftw(scratch_path, remove_one, DESCRIPTORS, FTW_DEPTH | FTW_PHYS) != 0)
        test_broken(scratch_path);
}

int scratch_set_up(void **state)
{
    (void)state;
    scratch_enter();
    return 0;
}

int scratch_tear_down(void **state)
{
    (void)state;
    scratch_leave();
    return 0;
}

uint8_t pattern_byte(uint64_t seed, uint64_t offset)
{
    uint64_t word = (offset / 8 + 1) * 0x9e3779b97f4a7c15u + seed * 0xc2b2ae3d27d4eb4fu;

    word ^= word >> 29;
    return (uint8_t)(word >> (8 * (offset % 8)));
}

void pattern_write(int fd, uint64_t seed, uint64_t offset, size_t len)
{
    uint8_t bytes[16384];

    while (len > 0) {
        size_t part = len < sizeof(bytes) ? len : sizeof(bytes);
        for (size_t i = 0; i < part; i++)
            bytes[i] = pattern_byte(seed, offset + i);
        ssize_t n = write(fd, bytes, part);
        if (n < 0 && errno == EPIPE)
            return;
        if (n != (ssize_t)part)
            test_broken("writing a file of the test");
        offset += part;
        len -= part;
    }
}

void pattern_file(const char *path, uint64_t seed, uint64_t len)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

    if (fd < 0)
        test_broken(path);
    pattern_write(fd, seed, 0, len);
    close(fd);
}

void file_make_cold(const char *path)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);

    /* fsync would wait for the journal; thousands of times that takes minutes on some disks */
    if (fd < 0 ||
        sync_file_range(fd, 0, 0,
                        SYNC_FILE_RANGE_WAIT_BEFORE | SYNC_FILE_RANGE_WRITE |
                            SYNC_FILE_RANGE_WAIT_AFTER) < 0 ||
        posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED) != 0)
        test_broken(path);
    close(fd);
}

void file_make_warm(const char *path)
{
    uint8_t bytes[65536];
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t n;

    if (fd < 0)
        test_broken(path);
    while ((n = read(fd, bytes, sizeof(bytes))) > 0)
        continue;
    if (n < 0)
        test_broken(path);
    close(fd);
}

unsigned descriptors_open(void)
{
    DIR *dir = opendir("/proc/self/fd");
    unsigned count = 0;

    if (!dir)
        return 0;
    while (readdir(dir))
        count++;
    closedir(dir);
    return count - 3; /* ., .., and the directory itself */
}

uint64_t fnv_add(uint64_t hash, const void *bytes, size_t len)
{
    const uint8_t *at = bytes;

    for (size_t i = 0; i < len; i++)
        hash = (hash ^ at[i]) * 1099511628211u;
    return hash;
}

uint64_t fnv_pattern(uint64_t seed, uint64_t len)
{
    uint64_t hash = FNV_START;

    for (uint64_t i = 0; i < len; i++) {
        uint8_t byte = pattern_byte(seed, i);
        hash = fnv_add(hash, &byte, 1);
    }
    return hash;
}
