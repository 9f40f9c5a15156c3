/* cache.c: the state of the page cache before a run, and the proof of it.
 *
 * Only the data set's own files are evicted: posix_fadvise(2) drops clean pages, so dirty ones are
 * written first. What remains is counted with cachestat(2), Linux 6.5, or else mincore(2). */
#define _GNU_SOURCE
#include "cache.h"
#include "child.h"
#include "../../cli/messages.h"
#include "../../cli/name_list.h"
#include "../../cli/quote.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <linux/fiemap.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Debian 12's headers are older than the call. */
#ifndef SYS_cachestat
#define SYS_cachestat 451
#endif

enum {
    PAGE_BYTES = 4096,
    READ_BYTES = 256 * 1024,
    WINDOW_BYTES = 64 * 1024 * 1024, /* mapped at a time for mincore */
    /* looked at after the whole cache was dropped: opening each file would bring its inode back */
    SAMPLE_FILES = 512,
};

/* As the kernel defines them. */
struct cachestat_range {
    uint64_t off;
    uint64_t len; /* 0: to the end */
};

struct cachestat {
    uint64_t nr_cache;
    uint64_t nr_dirty;
    uint64_t nr_writeback;
    uint64_t nr_evicted;
    uint64_t nr_recently_evicted;
};

struct residency {
    uint64_t pages, resident;
    uint64_t unknown; /* files that the kernel does not tell about */
};

enum treatment { INSPECT, EVICT, FILL };

/* Resident pages of a file by mincore. The kernel says "all" of files that the caller neither owns
 * nor may write to, so that is no answer. */
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

/* Returns 0 or -errno. dirty: something of it may still have to be written. */
static int resident_pages(int fd, const struct stat *st, uint64_t *resident, bool *dirty)
{
    struct cachestat_range range = {0, 0};
    struct cachestat cs;

    *dirty = true;
    if (syscall(SYS_cachestat, fd, &range, &cs, 0) == 0) {
        *resident = cs.nr_cache;
        *dirty = cs.nr_dirty > 0 || cs.nr_writeback > 0;
        return 0;
    }
    return errno == ENOSYS || errno == EOPNOTSUPP ? mincore_pages(fd, st, resident) : -errno;
}

static void evict(int fd, bool dirty)
{
    if (dirty)
        fdatasync(fd);
    posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
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

static int treat_file(const char *path, enum treatment treatment, struct residency *sum)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    uint64_t pages, resident = 0;
    struct stat st;
    bool dirty;
    int rc = 0, known;

    if (fd < 0 || fstat(fd, &st) < 0) {
        rc = -errno;
        if (fd >= 0)
            close(fd);
        return rc;
    }
    pages = ((uint64_t)st.st_size + PAGE_BYTES - 1) / PAGE_BYTES;
    known = resident_pages(fd, &st, &resident, &dirty);
    if (treatment == EVICT && (known < 0 || resident > 0)) {
        evict(fd, dirty);
        known = resident_pages(fd, &st, &resident, &dirty);
    } else if (treatment == FILL && (known < 0 || resident < pages)) {
        rc = fill(fd);
        known = resident_pages(fd, &st, &resident, &dirty);
    }
    close(fd);
    sum->unknown += known < 0;
    sum->pages += pages;
    /* readahead and large folios may go beyond the end */
    sum->resident += resident < pages ? resident : pages;
    return rc;
}

/* Every file of the list, or one of each stride. */
static int treat_list(const struct bench *bench, enum treatment treatment, uint64_t stride,
                      struct residency *sum)
{
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
        rc = treat_file(name, treatment, sum);
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
    static const char all[] = "3"; /* the page cache, names and inodes */
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
    if (cache == BENCH_COLD && resident > much)
        bench_warn(bench,
                   "more than 1%% of the data stayed in the page cache: another process maps or"
                   " reads the files, or the filesystem keeps them in memory; stop that process"
                   " (fuser -m), or choose other files");
    if (cache == BENCH_WARM && resident < 1 - much)
        bench_warn(bench,
                   "less than 99%% of the data was in the page cache before a warm run: it does"
                   " not fit in memory; choose fewer files");
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
    *resident = cache == BENCH_WARM; /* of empty files all is there, and none */
    if (sum.unknown > 0)
        *resident = NAN;
    else if (sum.pages > 0)
        *resident = (double)sum.resident / (double)sum.pages;
    warn_resident(bench, cache, &sum, *resident);
    if (cache == BENCH_COLD)
        sleep(bench->opts.settle); /* a signal ends it, and the run that comes after it */
    return 0;
}

static bool first_extent_shared(int fd)
{
    union {
        struct fiemap map;
        unsigned char room[sizeof(struct fiemap) + sizeof(struct fiemap_extent)];
    } request = {.map = {.fm_length = FIEMAP_MAX_OFFSET, .fm_extent_count = 1}};

    return ioctl(fd, FS_IOC_FIEMAP, &request) == 0 && request.map.fm_mapped_extents == 1 &&
           (request.map.fm_extents[0].fe_flags & FIEMAP_EXTENT_SHARED) != 0;
}

bool bench_cache_let_go(const char *path)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    bool shared = fd >= 0 && first_extent_shared(fd);

    if (fd >= 0) {
        posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
        close(fd);
    }
    return shared;
}
