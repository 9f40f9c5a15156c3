/* limits.c: reads affinity, cgroups (v1 and v2) and resource limits. See limits.h.
 *
 * The limits of a cgroup hold for all below it, so those of its parents count, too. All
 * distributions mount them on /sys/fs/cgroup. A container that sees only its own cgroup there may
 * have another path in /proc/self/cgroup: then only the root is found, which is its own. */
#define _GNU_SOURCE
#include "limits.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "retry.h"

#define CGROUP_ROOT "/sys/fs/cgroup"

enum {
    TEXT_BYTES = 4096,
    WORKER_BYTES = 8 * 1024 * 1024, /* of the memory that the process may use */
};

/* Reads the start of a file, which may be missing. Returns whether it has any text. */
static bool read_text(const char *path, char text[TEXT_BYTES])
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t n = fd < 0 ? -1 : read(fd, text, TEXT_BYTES - 1);

    if (fd >= 0)
        close(fd);
    text[n > 0 ? n : 0] = 0;
    return n > 0;
}

/* Reads the number that a file of a cgroup begins with, and the rest of its text. Returns
 * UINT64_MAX without a number: the file is missing, or says "max" or -1. */
static uint64_t read_limit(const char *dir, const char *name, char rest[TEXT_BYTES])
{
    char path[PATH_MAX + 64];
    uint64_t limit;
    int len = 0;

    snprintf(path, sizeof(path), "%s/%s", dir, name);
    if (!read_text(path, rest) || rest[0] == '-' || sscanf(rest, "%" SCNu64 "%n", &limit, &len) < 1)
        return UINT64_MAX;
    memmove(rest, rest + len, strlen(rest + len) + 1);
    return limit;
}

static uint64_t memory_of(const char *dir, bool v2, void *unused)
{
    char rest[TEXT_BYTES];

    (void)unused;
    return read_limit(dir, v2 ? "memory.max" : "memory.limit_in_bytes", rest);
}

/* Returns how many processors the quota of a cgroup pays for, rounded up. */
static uint64_t processors_of(const char *dir, bool v2, void *unused)
{
    char rest[TEXT_BYTES];
    uint64_t quota = read_limit(dir, v2 ? "cpu.max" : "cpu.cfs_quota_us", rest);
    uint64_t period = v2 ? strtoull(rest, NULL, 10) : read_limit(dir, "cpu.cfs_period_us", rest);

    (void)unused;
    if (quota == UINT64_MAX || period == 0 || period == UINT64_MAX)
        return UINT64_MAX;
    return quota / period + (quota % period != 0);
}

/* Lowers *rate to the number behind the key in a device's line of a cgroup's file, if it has one.
 */
static void lower(uint64_t *rate, const char *text, const char *device, const char *key)
{
    char start[64];
    size_t len = (size_t)snprintf(start, sizeof(start), "%s ", device);
    const char *line = text, *at;
    uint64_t limit;

    while (strncmp(line, start, len) != 0) {
        line = strchr(line, '\n');
        if (!line++)
            return;
    }
    at = strstr(line + len - 1, key);
    if (at && at <= strchrnul(line, '\n') && sscanf(at + strlen(key), "%" SCNu64, &limit) == 1 &&
        limit < *rate)
        *rate = limit;
}

struct device_limits {
    char device[32]; /* its numbers, as MAJOR:MINOR */
    struct limits_rates *rates;
};

/* Lowers the rates of a device to those of a cgroup. Returns UINT64_MAX. */
static uint64_t lower_rates(const char *dir, bool v2, void *arg)
{
    const struct device_limits *limits = arg;
    const struct {
        uint64_t *rate;
        const char *file, *key;
    } rates[] = {
        {&limits->rates->read_bytes, "blkio.throttle.read_bps_device", " rbps="},
        {&limits->rates->written_bytes, "blkio.throttle.write_bps_device", " wbps="},
        {&limits->rates->reads, "blkio.throttle.read_iops_device", " riops="},
        {&limits->rates->writes, "blkio.throttle.write_iops_device", " wiops="},
    };
    char path[PATH_MAX + 64], text[TEXT_BYTES];

    for (size_t i = 0; i < sizeof(rates) / sizeof(rates[0]); i++) {
        snprintf(path, sizeof(path), "%s/%s", dir, v2 ? "io.max" : rates[i].file);
        if (read_text(path, text))
            lower(rates[i].rate, text, limits->device, v2 ? rates[i].key : " ");
    }
    return UINT64_MAX;
}

/* Tells whether a comma-separated list has the word. */
static bool has_word(const char *list, const char *word)
{
    size_t len = strlen(word);

    for (; list; list = strchr(list, ',')) {
        list += *list == ',';
        if (strncmp(list, word, len) == 0 && (list[len] == ',' || list[len] == 0))
            return true;
    }
    return false;
}

/* Returns the smallest limit of a cgroup and its parents. dir is the path of the root of them, root
 * bytes long, followed by the cgroup's own; it is cut. */
static uint64_t smallest_above(char *dir, size_t root, bool v2,
                               uint64_t (*limit_of)(const char *dir, bool v2, void *arg), void *arg)
{
    uint64_t smallest = UINT64_MAX;

    for (;;) {
        uint64_t limit = limit_of(dir, v2, arg);
        char *slash = strrchr(dir + root, '/');
        if (limit < smallest)
            smallest = limit;
        if (!slash)
            return smallest;
        *slash = 0;
    }
}

/* Returns the smallest limit of all cgroups that this process is in, of a controller. */
static uint64_t smallest_limit(const char *controller,
                               uint64_t (*limit_of)(const char *dir, bool v2, void *arg), void *arg)
{
    char text[TEXT_BYTES], dir[PATH_MAX], *next = text, *line;
    uint64_t smallest = UINT64_MAX;

    if (!read_text("/proc/self/cgroup", text))
        return UINT64_MAX;
    /* a line: the hierarchy's number, its controllers (v2: none), the path */
    while ((line = strsep(&next, "\n"))) {
        char *controllers = strchr(line, ':');
        char *path = controllers ? strchr(controllers + 1, ':') : NULL;
        bool v2 = path == controllers + 1;
        uint64_t limit;
        int root;
        if (!path)
            continue;
        *path++ = 0;
        if (!v2 && !has_word(controllers + 1, controller))
            continue;
        root = snprintf(dir, sizeof(dir), CGROUP_ROOT "%s%s", v2 ? "" : "/", v2 ? "" : controller);
        if (strcmp(path, "/") != 0)
            snprintf(dir + root, sizeof(dir) - (size_t)root, "%s", path);
        limit = smallest_above(dir, (size_t)root, v2, limit_of, arg);
        if (limit < smallest)
            smallest = limit;
    }
    return smallest;
}

static unsigned read_processors(void)
{
    uint64_t quota = smallest_limit("cpu", processors_of, NULL);
    cpu_set_t set;
    unsigned processors;

    if (sched_getaffinity(0, sizeof(set), &set) == 0) {
        processors = (unsigned)CPU_COUNT(&set);
    } else { /* more processors than the set has bits */
        long online = sysconf(_SC_NPROCESSORS_ONLN);
        processors = online > 0 ? (unsigned)online : 1;
    }
    if (processors > quota)
        processors = (unsigned)quota;
    return processors > 0 ? processors : 1;
}

unsigned limits_processors(void)
{
    static _Atomic unsigned processors; /* asked for several times in a run */

    if (processors == 0)
        processors = read_processors();
    return processors;
}

uint64_t limits_memory(void)
{
    static const int resources[] = {RLIMIT_AS, RLIMIT_DATA};
    long pages = sysconf(_SC_PHYS_PAGES), page = sysconf(_SC_PAGESIZE);
    uint64_t smallest = smallest_limit("memory", memory_of, NULL);
    struct rlimit limit;

    if (pages > 0 && (uint64_t)pages * (uint64_t)page < smallest)
        smallest = (uint64_t)pages * (uint64_t)page;
    for (size_t i = 0; i < sizeof(resources) / sizeof(resources[0]); i++)
        if (getrlimit(resources[i], &limit) == 0 && limit.rlim_cur < smallest)
            smallest = limit.rlim_cur;
    return smallest;
}

unsigned limits_workers(unsigned workers)
{
    uint64_t most = limits_memory() / WORKER_BYTES;

    return most < 1 ? 1 : most < workers ? (unsigned)most : workers;
}

void limits_device(dev_t device, struct limits_rates *rates)
{
    struct device_limits limits = {.rates = rates};
    char path[64], text[TEXT_BYTES];

    *rates = (struct limits_rates){UINT64_MAX, UINT64_MAX, UINT64_MAX, UINT64_MAX};
    snprintf(limits.device, sizeof(limits.device), "%u:%u", major(device), minor(device));
    snprintf(path, sizeof(path), "/sys/dev/block/%s/partition", limits.device);
    if (access(path, F_OK) == 0) {
        snprintf(path, sizeof(path), "/sys/dev/block/%s/../dev", limits.device);
        if (read_text(path, text) && sscanf(text, "%31[0-9:]", limits.device) < 1)
            return;
    }
    smallest_limit("blkio", lower_rates, &limits);
}

unsigned limits_descriptors(void)
{
    struct rlimit limit;
    int lowest; /* most of those below it are open */

    if (getrlimit(RLIMIT_NOFILE, &limit) < 0 || limit.rlim_cur >= INT_MAX)
        return INT_MAX;
    lowest = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 0);
    if (lowest < 0)
        return errno == EMFILE ? 0 : (unsigned)limit.rlim_cur;
    close(lowest);
    return (unsigned)limit.rlim_cur - (unsigned)lowest;
}
