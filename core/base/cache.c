/* cache.c: asking for and dropping a file's pages. See cache.h. */
#define _GNU_SOURCE
#include "cache.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>

/* cachestat(2), Linux 6.5: younger than the C library. */
#ifndef SYS_cachestat
#define SYS_cachestat 451
#endif
struct cachestat_range {
    uint64_t off, len;
};
struct cachestat {
    uint64_t nr_cache, nr_dirty, nr_writeback, nr_evicted, nr_recently_evicted;
};

int64_t cache_resident(int fd, uint64_t from, uint64_t len)
{
    struct cachestat_range range = {from, len};
    struct cachestat cs;

    if (syscall(SYS_cachestat, fd, &range, &cs, 0) < 0)
        return -errno;
    return (int64_t)(cs.nr_cache * (uint64_t)sysconf(_SC_PAGESIZE));
}

int64_t cache_dirty(int fd)
{
    struct cachestat_range range = {0, 0};
    struct cachestat cs;

    if (syscall(SYS_cachestat, fd, &range, &cs, 0) < 0)
        return -errno;
    return (int64_t)(cs.nr_dirty * (uint64_t)sysconf(_SC_PAGESIZE));
}

void cache_drop(int fd, uint64_t from, uint64_t end)
{
    (void)posix_fadvise(fd, (off_t)from, end ? (off_t)(end - from) : 0, POSIX_FADV_DONTNEED);
}
