/* cache.c: asking for and dropping a file's pages. See cache.h. */
#define _GNU_SOURCE
#include "cache.h"
#include "filesystem.h"
#include "retry.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

/* cachestat(2), Linux 6.5: younger than the C library. */
#ifndef SYS_cachestat
#define SYS_cachestat 451
#endif

enum {
    WINDOW_BYTES = 2 * 1024 * 1024, /* asked of mincore(2) at a time */
    WINDOWS_MAX = 32,               /* of a file, at even distances */
    WINDOW_PAGES = WINDOW_BYTES / 4096,
    MAP_ALIGN = 64 * 1024,  /* no page is larger */
    LONG_BYTES = 64 * 1024, /* a shorter rest is one request */
};

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

/* Tells whether a file is on overlayfs. The answer for the last device is kept, since this is asked
 * for each file that seems not to be in the cache. */
static bool on_overlay(int fd, dev_t dev)
{
    static _Thread_local struct {
        bool known, overlay;
        dev_t dev;
    } last;

    if (!last.known || last.dev != dev) {
        last.overlay = filesystem_is_overlay(fd);
        last.dev = dev;
        last.known = true;
    }
    return last.overlay;
}

/* Returns the bytes of a window that are in the page cache, by mincore(2) on a mapping, or -errno.
 * overlayfs maps the file underneath. Reads with RWF_NOWAIT tell nothing there: it does not support
 * them, and elsewhere they start readahead.
 *
 * The mapping is private, because before Linux 6.6 FUSE refuses a shared one of a file that it does
 * not cache. Such a file must be read with O_DIRECT: no signal ends another read. */
static int64_t window_resident(int fd, uint64_t at, size_t len)
{
    unsigned char pages[WINDOW_PAGES];
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    int64_t sum = 0;
    void *map = mmap(NULL, len, PROT_READ, MAP_PRIVATE, fd, (off_t)at);

    if (map == MAP_FAILED)
        return -errno;
    if (mincore(map, len, pages) < 0)
        sum = -errno;
    for (size_t i = 0; sum >= 0 && i * page < len; i++)
        sum += pages[i] & 1 ? (int64_t)page : 0;
    munmap(map, len);
    return sum;
}

/* Tells whether mincore(2) tells the truth: of another user's file it says that all is there. */
static bool may_ask(const struct stat *st)
{
    unsigned long uid = getauxval(AT_EUID);

    return uid == 0 || uid == st->st_uid;
}

static int64_t mapped_resident(int fd, const struct stat *st, uint64_t from)
{
    uint64_t size = (uint64_t)st->st_size, sum = 0, asked = 0, step;

    if (!may_ask(st))
        return -EPERM;
    if (!S_ISREG(st->st_mode))
        return -EOPNOTSUPP;
    if (from >= size)
        return 0;
    from -= from % MAP_ALIGN;
    step = ((size - from) / WINDOW_BYTES / WINDOWS_MAX + 1) * WINDOW_BYTES;
    for (uint64_t at = from; at < size; at += step) {
        size_t len = size - at < WINDOW_BYTES ? (size_t)(size - at) : WINDOW_BYTES;
        int64_t resident = window_resident(fd, at, len);
        if (resident < 0)
            return resident;
        sum += (uint64_t)resident < len ? (uint64_t)resident : len;
        asked += len;
    }
    return (int64_t)((double)sum / (double)asked * (double)(size - from));
}

int64_t cache_resident_end(int fd, const struct stat *st, uint64_t from)
{
    int64_t resident = cache_resident(fd, from, 0);

    if (resident < 0) {
        int64_t mapped = mapped_resident(fd, st, from);
        return mapped < 0 ? resident : mapped;
    }
    return resident == 0 && S_ISREG(st->st_mode) && on_overlay(fd, st->st_dev)
               ? mapped_resident(fd, st, from)
               : resident;
}

bool cache_has(int fd, uint64_t from, size_t len)
{
    size_t before = (size_t)(from % MAP_ALIGN);
    int64_t resident = cache_resident(fd, from, len);
    struct stat st;

    if (resident >= 0)
        return resident >= (int64_t)len;
    return before + len <= WINDOW_BYTES && fstat(fd, &st) == 0 && S_ISREG(st.st_mode) &&
           may_ask(&st) &&
           window_resident(fd, from - before, before + len) >= (int64_t)(before + len);
}

bool cache_is_cold(int fd, const struct stat *st, uint64_t size, uint64_t from)
{
    int64_t resident = cache_resident_end(fd, st, from);

    if (resident <= 0)
        return resident == 0 && size > 0;
    return size > from + LONG_BYTES && (uint64_t)resident < (size - from) / 2;
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
