/* stats.c: counters of a run. See stats.h. */
#define _GNU_SOURCE
#include "stats.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "retry.h"

uint64_t stats_now_ns(void)
{
    struct timespec ts;

    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (uint64_t)ts.tv_sec * 1000000000u + (uint64_t)ts.tv_nsec;
}

static uint64_t timeval_ns(struct timeval tv)
{
    return (uint64_t)tv.tv_sec * 1000000000u + (uint64_t)tv.tv_usec * 1000u;
}

/* Reads the time that a thread of this process has spent ready to run; tid 0: the calling one.
 * Returns false if the kernel does not report it. */
static bool read_runqueue_ns(pid_t tid, uint64_t *ns)
{
    char path[64] = "/proc/thread-self/schedstat", text[128];
    unsigned long long ran, queued;
    int fd;
    ssize_t len;

    if (tid != 0)
        snprintf(path, sizeof(path), "/proc/self/task/%d/schedstat", (int)tid);
    fd = open(path, O_RDONLY | O_CLOEXEC);
    len = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);
    if (fd >= 0)
        close(fd);
    text[len < 0 ? 0 : len] = 0;
    if (sscanf(text, "%llu %llu", &ran, &queued) != 2)
        return false;
    *ns = queued;
    return true;
}

uint64_t stats_runqueue_ns(pid_t tid)
{
    uint64_t ns;

    return read_runqueue_ns(tid, &ns) ? ns : 0;
}

bool stats_runqueue_known(void)
{
    uint64_t ns;

    return read_runqueue_ns(0, &ns);
}

void stats_start(struct stats *stats)
{
    struct rusage usage;

    getrusage(RUSAGE_THREAD, &usage);
    stats->user_ns -= timeval_ns(usage.ru_utime);
    stats->system_ns -= timeval_ns(usage.ru_stime);
    stats->switches -= (uint64_t)usage.ru_nvcsw;
    stats->runqueue_ns -= stats_runqueue_ns(0);
    stats->wall_ns -= stats_now_ns();
}

void stats_stop(struct stats *stats)
{
    struct rusage usage;

    getrusage(RUSAGE_THREAD, &usage);
    stats->user_ns += timeval_ns(usage.ru_utime);
    stats->system_ns += timeval_ns(usage.ru_stime);
    stats->switches += (uint64_t)usage.ru_nvcsw;
    stats->runqueue_ns += stats_runqueue_ns(0);
    stats->wall_ns += stats_now_ns();
}

void stats_add_listing(struct stats_listing *sum, const struct stats_listing *listing)
{
    sum->ns += listing->ns;
    sum->directories += listing->directories;
    if (listing->slowest_ns <= sum->slowest_ns) {
        free(listing->slowest);
        return;
    }
    free(sum->slowest);
    sum->slowest = listing->slowest;
    sum->slowest_ns = listing->slowest_ns;
    sum->slowest_names = listing->slowest_names;
}

void stats_add(struct stats *sum, const struct stats *worker)
{
    sum->files += worker->files;
    sum->failed += worker->failed;
    sum->bytes_read += worker->bytes_read;
    sum->bytes_written += worker->bytes_written;
    sum->wall_ns += worker->wall_ns;
    sum->threads += worker->threads;
    sum->sink_overlap_ns += worker->sink_overlap_ns;
    sum->user_ns += worker->user_ns;
    sum->system_ns += worker->system_ns;
    sum->hash_ns += worker->hash_ns;
    sum->batch_files += worker->batch_files;
    if (!sum->batch_name)
        sum->batch_name = worker->batch_name;
    sum->runqueue_ns += worker->runqueue_ns;
    sum->switches += worker->switches;
    sum->requests += worker->requests;
    sum->enters += worker->enters;
    sum->direct_bytes += worker->direct_bytes;
    sum->resident_files += worker->resident_files;
    sum->in_flight_peak += worker->in_flight_peak;
    sum->in_flight_ns += worker->in_flight_ns;
    stats_add_listing(&sum->listing, &worker->listing);
    sum->fell_back += worker->fell_back;
    if (sum->fell_back_status == 0)
        sum->fell_back_status = worker->fell_back_status;
    if (sum->workers < sum->each_len)
        sum->each[sum->workers] = *worker;
    sum->workers++;
}

void stats_finish(struct stats *sum)
{
    struct rusage usage;

    getrusage(RUSAGE_SELF, &usage);
    sum->process_ns = timeval_ns(usage.ru_utime) + timeval_ns(usage.ru_stime);
}

uint64_t stats_memory_peak(void)
{
    FILE *file = fopen("/proc/self/status", "re");
    struct rusage usage;
    char line[256];
    uint64_t kib = 0;

    while (file && kib == 0 && fgets(line, sizeof(line), file))
        if (sscanf(line, "VmHWM: %" SCNu64, &kib) != 1)
            kib = 0;
    if (file)
        fclose(file);
    if (kib > 0)
        return kib * 1024;
    getrusage(RUSAGE_SELF, &usage);
    return (uint64_t)usage.ru_maxrss * 1024;
}

uint64_t stats_waiting_ns(const struct stats *stats)
{
    uint64_t busy = stats->user_ns + stats->system_ns;

    return stats->wall_ns > busy ? stats->wall_ns - busy : 0;
}

uint64_t stats_digest_ns(const struct stats *stats)
{
    uint64_t busy = stats->user_ns + stats->system_ns;
    double share = busy > 0 ? (double)busy / (double)(busy + stats->runqueue_ns) : 0;
    uint64_t digest_ns = (uint64_t)((double)stats->hash_ns * share);

    return digest_ns < busy ? digest_ns : busy;
}
