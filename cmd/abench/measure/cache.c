/* cache.c: brings the page cache into a state before a run, and verifies it.
 *
 * Only the files to measure are evicted: posix_fadvise(2) drops clean pages, so dirty ones are
 * written first. The rest is counted with cachestat(2), Linux 6.5, or else mincore(2). */
#define _GNU_SOURCE
#include "cache.h"
#include "child.h"
#include "source.h"
#include "../../cli/messages.h"
#include "../../cli/name_list.h"
#include "../../cli/quote.h"
#include "../../../core/base/cache.h"
#include "../../../core/base/leased.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    PAGE_BYTES = 4096,
    READ_BYTES = 256 * 1024,
    WINDOW_BYTES = 64 * 1024 * 1024, /* mapped at a time, for mincore */
    /* inspected after the whole cache was dropped: opening every file would cache all inodes again
     */
    SAMPLE_FILES = 512,
};

struct residency {
    uint64_t pages, resident;
    uint64_t unknown; /* files whose pages the kernel does not report */
};

enum treatment { INSPECT, EVICT, FILL };

/* Counts the resident pages of a file with mincore. For users who neither own the file nor may
 * write to it the kernel reports all pages as resident, so they get an error. */
static int mincore_pages(int fd, const struct stat *st, uint64_t *resident)
{
    static unsigned char seen[WINDOW_BYTES / PAGE_BYTES];

    if (geteuid() != 0 && geteuid() != st->st_uid)
        return -EPERM;
    *resident = 0;
    for (off_t at = 0; at < st->st_size; at += WINDOW_BYTES) {
        off_t left = st->st_size - at;
        size_t len = left < WINDOW_BYTES ? (size_t)left : WINDOW_BYTES;
        void *map = mmap(NULL, len, PROT_READ, MAP_SHARED, fd, at);
        if (map == MAP_FAILED)
            return -errno;
        int rc = mincore(map, len, seen) < 0 ? -errno : 0;
        munmap(map, len);
        if (rc < 0)
            return rc;
        for (size_t i = 0; i < (len + PAGE_BYTES - 1) / PAGE_BYTES; i++)
            *resident += seen[i] & 1;
    }
    return 0;
}

/* Counts the resident pages of a file. Returns 0 or -errno. */
static int resident_pages(int fd, const struct stat *st, uint64_t *resident)
{
    int64_t bytes = cache_resident(fd, 0, 0);

    if (bytes == -ENOSYS || bytes == -EOPNOTSUPP)
        return mincore_pages(fd, st, resident);
    *resident = bytes < 0 ? 0 : (uint64_t)bytes / PAGE_BYTES;
    return bytes < 0 ? (int)bytes : 0;
}

/* Evicts a file. If pages stay, or if that is unknown, they may be dirty or in writeback: the file
 * is synced, and its pages are dropped again. Returns as resident_pages. */
static int evict(int fd, const struct stat *st, uint64_t *resident)
{
    int rc;

    cache_drop(fd, 0, 0);
    rc = resident_pages(fd, st, resident);
    if (rc == 0 && *resident == 0)
        return 0;
    fdatasync(fd);
    cache_drop(fd, 0, 0);
    return resident_pages(fd, st, resident);
}

static int fill(int fd)
{
    static char buf[READ_BYTES];
    ssize_t n;

    while ((n = read(fd, buf, sizeof(buf))) != 0) {
        if (n < 0 && errno != EINTR)
            return -errno;
        if (child_signal)
            return -EINTR;
    }
    return 0;
}

static int treat_file(const char *path, int flags, enum treatment treatment, struct residency *sum)
{
    int fd = leased_open_first(AT_FDCWD, path, O_RDONLY | O_CLOEXEC | flags);
    uint64_t pages, resident = 0;
    struct stat st;
    int rc = 0, known;

    if (fd < 0)
        return fd;
    if (fstat(fd, &st) < 0)
        rc = -errno;
    if (rc < 0 || (!S_ISREG(st.st_mode) && !S_ISBLK(st.st_mode))) {
        close(fd);
        return rc; /* a FIFO that has replaced a file: source_refresh will find it */
    }
    if (S_ISBLK(st.st_mode)) { /* read past the page cache: only inspected */
        st.st_size = lseek(fd, 0, SEEK_END);
        treatment = INSPECT;
    }
    pages = ((uint64_t)st.st_size + PAGE_BYTES - 1) / PAGE_BYTES;
    known = resident_pages(fd, &st, &resident);
    if (treatment == EVICT && (known < 0 || resident > 0)) {
        known = evict(fd, &st, &resident);
    } else if (treatment == FILL && (known < 0 || resident < pages)) {
        rc = fill(fd);
        known = resident_pages(fd, &st, &resident);
    }
    close(fd);
    sum->unknown += known < 0;
    sum->pages += pages;
    /* readahead and large folios can extend beyond the end */
    sum->resident += resident < pages ? resident : pages;
    return rc;
}

/* Treats every file of the list, or one of each stride. */
static int treat_list(const struct bench *bench, enum treatment treatment, uint64_t stride,
                      struct residency *sum)
{
    const int flags = bench->target.path[0] ? 0 : O_NOFOLLOW; /* which is a link in /proc */
    struct names0 *names;
    const char *name;
    uint64_t at = 0;
    size_t len;
    int rc = names0_open(&names, bench_temp(bench, bench->list));

    if (rc < 0)
        return rc;
    while ((rc = names0_next(names, &name, &len)) > 0) {
        if (child_signal) {
            rc = -EINTR;
            break;
        }
        if (at++ % stride != 0)
            continue;
        rc = treat_file(name, flags, treatment, sum);
        if (rc < 0 && source_changed(bench, name))
            rc = 0; /* source_refresh will find it */
        if (rc < 0) {
            if (rc != -EINTR)
                cli_message(-rc, "%s", cli_quote_maybe(name));
            break;
        }
    }
    names0_close(names);
    return rc;
}

static int drop_caches(void)
{
    static const char all[] = "3"; /* page cache, names and inodes */
    static const char path[] = "/proc/sys/vm/drop_caches";
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    int rc = 0;

    if (fd < 0 || write(fd, all, 1) != 1)
        rc = -errno;
    if (fd >= 0)
        close(fd);
    if (rc < 0)
        cli_message(-rc, "cannot write to %s", path);
    return rc;
}

static int drop_all(const struct bench *bench, struct residency *sum)
{
    int rc;

    sync();
    rc = drop_caches();
    if (rc == 0)
        rc = treat_list(bench, INSPECT, bench->data.files / SAMPLE_FILES + 1, sum);
    return rc == 0 ? drop_caches() : rc;
}

static void warn_resident(struct bench *bench, enum bench_cache cache, const struct residency *sum,
                          double resident)
{
    const double much = 0.01;

    if (sum->unknown > 0)
        bench_warn(bench,
                   "the kernel does not report which pages of other users' files are cached; run"
                   " as their owner or as root to have the state verified");
    if (cache == BENCH_COLD && resident > much && !bench->never_cold)
        bench_warn(bench,
                   "more than 1%% of the data stayed in the page cache: another process maps or"
                   " reads the files, or the filesystem keeps them in memory; stop that process"
                   " (fuser -m), or choose other files");
    if (cache == BENCH_WARM && resident < 1 - much)
        bench_warn(bench,
                   "less than 99%% of the data was in the page cache before a warm run: it does"
                   " not fit in memory, or something else took its place; choose fewer files, or"
                   " measure when no other process fills the memory");
}

int cache_prepare(struct bench *bench, enum bench_cache cache, double *resident)
{
    struct residency sum = {0};
    int rc;

    if (cache == BENCH_COLD && bench->opts.drop_caches)
        rc = drop_all(bench, &sum);
    else
        rc = treat_list(bench, cache == BENCH_COLD ? EVICT : FILL, 1, &sum);
    if (rc < 0)
        return rc;
    *resident = cache == BENCH_WARM; /* if all files are empty, both states are true */
    if (sum.unknown > 0)
        *resident = NAN;
    else if (sum.pages > 0)
        *resident = (double)sum.resident / (double)sum.pages;
    warn_resident(bench, cache, &sum, *resident);
    if (cache == BENCH_COLD)
        sleep(bench->opts.settle); /* a signal ends the sleep, and then the run */
    return 0;
}
