/* run.c: one timed run of an arm.
 *
 * The clock starts at the spawn and stops when waitid returns, with nothing else between. */
#define _GNU_SOURCE
#include "run.h"
#include "arm.h"
#include "child.h"
#include "commands.h"
#include "copies.h"
#include "device.h"
#include "fio.h"
#include "iowq.h"
#include "left.h"
#include "processors.h"
#include "target.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <unistd.h>

static double number(const json_t *object, const char *key)
{
    const json_t *value = json_object_get(object, key);

    return json_is_number(value) ? json_number_value(value) : NAN;
}

/* Takes the time that the workers waited for I/O or for a processor. While they waited for names,
 * the thread that finds these computed, or waited itself: only the latter counts as waiting. */
static void take_waiting(const json_t *counters, struct bench_sample *sample)
{
    double waiting = number(counters, "waiting_seconds"), runqueue;
    double names = number(counters, "waiting_for_names_seconds");
    double workers_cpu = number(counters, "user_seconds") + number(counters, "system_seconds");
    double finder_cpu = number(counters, "cpu_seconds") - workers_cpu;

    if (names > 0 && !isnan(finder_cpu))
        waiting -= fmin(fmin(names, waiting), sample->workers * fmax(finder_cpu, 0));
    sample->waiting_seconds = waiting;
    runqueue = number(counters, "runqueue_seconds");
    if (!isnan(runqueue))
        sample->runqueue_seconds = runqueue;
}

json_t *run_last_object(const char *path)
{
    FILE *file = fopen(path, "re");
    json_t *counters = NULL;
    char *line = NULL;
    size_t cap = 0;

    while (file && getline(&line, &cap, file) > 0) {
        if (line[0] != '{')
            continue;
        json_t *object = json_loads(line, 0, NULL);
        if (object) {
            json_decref(counters);
            counters = object;
        }
    }
    free(line);
    if (file)
        fclose(file);
    return counters;
}

/* Reads the counters that an arm has printed in its messages. */
static void read_counters(const struct bench *bench, struct bench_sample *sample)
{
    json_t *counters = run_last_object(bench_temp(bench, "err"));

    sample->files = number(counters, "files");
    sample->bytes = number(counters, "bytes");
    if (bench->opts.write_percent > 0)
        sample->bytes += number(counters, "written_bytes");
    sample->workers = number(counters, "jobs");
    take_waiting(counters, sample);
    sample->in_flight_mean = number(counters, "in_flight_mean");
    sample->in_flight_peak = number(counters, "in_flight_peak");
    json_decref(counters);
}

/* Returns the bytes that this process and the children that it has collected got from read(2) and
 * similar calls, or NAN if unknown. Of a child that has ended and not been collected, newer kernels
 * tell this to root only. */
static double bytes_read(void)
{
    unsigned long long bytes = 0;
    FILE *file = fopen("/proc/self/io", "re");
    bool told = file && fscanf(file, "rchar: %llu", &bytes) == 1;

    if (file)
        fclose(file);
    return told ? (double)bytes : NAN;
}

/* Returns the seconds that pid was ready to run while no processor was free, or NAN if unknown. It
 * must have ended and not been collected. */
static double runqueue_seconds(pid_t pid)
{
    unsigned long long ran, queued;
    char path[64];
    FILE *file;
    bool told;

    snprintf(path, sizeof(path), "/proc/%d/schedstat", (int)pid);
    file = fopen(path, "re");
    told = file && fscanf(file, "%llu %llu", &ran, &queued) == 2;
    if (file)
        fclose(file);
    return told ? (double)queued / 1e9 : NAN;
}

static double seconds_of(struct timeval tv)
{
    return (double)tv.tv_sec + (double)tv.tv_usec / 1e6;
}

static void take_usage(struct bench_sample *sample, const struct rusage *usage)
{
    const uint64_t sector = 512;

    sample->user_seconds = seconds_of(usage->ru_utime);
    sample->system_seconds = seconds_of(usage->ru_stime);
    sample->memory_peak = (uint64_t)usage->ru_maxrss * 1024;
    sample->switches = (uint64_t)usage->ru_nvcsw;
    sample->device_read = (uint64_t)usage->ru_inblock * sector;
    sample->device_write = (uint64_t)usage->ru_oublock * sector;
}

/* Computes the part of the time that the device was busy, and its mean queue. */
static void take_device(const struct bench *bench, const struct device_counters *before,
                        struct bench_sample *sample)
{
    struct device_counters after;
    double wall_ms = 1000 * (sample->seconds + (bench->opts.durable ? 0 : sample->sync_seconds));

    sample->device_busy = sample->device_queue = sample->device_limit = NAN;
    if (!device_read(bench, &after) || wall_ms <= 0)
        return;
    sample->device_busy = fmin((after.busy_ms - before->busy_ms) / wall_ms, 1);
    sample->device_queue = (after.queue_ms - before->queue_ms) / wall_ms;
    sample->device_limit = device_limit_used(bench, sample, after.reads - before->reads,
                                             after.writes - before->writes, wall_ms / 1000);
}

/* Opens a new file for an arm's output, so that no earlier arm can write into it. */
static int open_output(const char *path)
{
    if (strcmp(path, "/dev/null") == 0)
        return open(path, O_WRONLY | O_CLOEXEC);
    unlink(path);
    return open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
}

struct run_kind {
    bool user;    /* a command of the user's, which may leave processes running */
    bool copies;  /* a copy, which is synced after the run */
    bool watched; /* its io-wq workers are counted */
    bool sampled; /* a copy of a sample, whose names are below the operand */
};

/* Runs and times a command. Returns 0 or -errno. */
static int run_timed(const struct bench *bench, char *const argv[], const int outputs[2],
                     struct run_kind kind, double limit, struct bench_sample *sample)
{
    struct device_counters before = {0};
    struct processors processors;
    struct rusage usage = {0};
    struct iowq_watch watch;
    double start, end, read_before;
    pid_t pid;
    int rc;

    target_settle(bench);
    processors_read(&processors);
    device_read(bench, &before);
    read_before = bytes_read();
    start = bench_now();
    rc = child_spawn(&pid, argv, kind.sampled ? bench->data.paths[0] : NULL,
                     bench->target.open && !kind.user ? bench->target.fd : -1, outputs[0],
                     outputs[1]);
    if (rc < 0)
        return rc;
    kind.watched = kind.watched && iowq_watch_start(&watch, pid) == 0;
    sample->timed_out = child_wait(pid, -pid, limit);
    end = bench_now();
    sample->runqueue_seconds = runqueue_seconds(pid);
    sample->wait_status = child_collect(pid, &usage);
    sample->bytes_read = bytes_read() - read_before;
    sample->iowq = kind.watched ? iowq_watch_end(&watch) : NAN;
    if (kind.user) /* abench has no other children now */
        sample->left_running = left_end(pid);
    if (kind.copies && !child_signal && !sample->timed_out)
        rc = copies_sync(bench);
    sample->sync_seconds = bench_now() - end;
    sample->seconds = end - start + (bench->opts.durable ? sample->sync_seconds : 0);
    take_usage(sample, &usage);
    take_device(bench, &before, sample);
    processors_take(&processors, sample);
    return rc;
}

/* Takes the times that fio tells, for as much as the other arms do, if the output is its report. */
static void take_fio(const struct bench *bench, struct bench_sample *sample)
{
    double bytes = bench_bytes(bench);
    struct fio_times times;

    if (!fio_read(bench_temp(bench, "out"), &times))
        return;
    sample->seconds = times.wall * bytes;
    sample->user_seconds = times.user * bytes;
    sample->system_seconds = times.system * bytes;
}

int run_arm(struct bench *bench, struct bench_arm *arm, const char *dest, double limit,
            bool watched, struct bench_sample *sample)
{
    bool kept = bench->opts.operation == BENCH_HASH || bench->opts.pattern;
    const char *out_path = kept ? bench_temp(bench, "out") : "/dev/null";
    int outputs[2] = {open_output(out_path), open_output(bench_temp(bench, "err"))};
    int rc = outputs[0] < 0 || outputs[1] < 0 ? -errno : 0;
    char *command = NULL;

    assert(!dest || bench->opts.operation == BENCH_COPY);
    if (arm->command)
        command = commands_fill(bench, arm, dest);
    else if (dest)
        arm_set_dest(arm, dest);
    char *shell[] = {(char *)"/bin/sh", (char *)"-c", command, NULL};
    if (rc == 0)
        rc = run_timed(bench, command ? shell : arm->argv, outputs,
                       (struct run_kind){command != NULL, dest != NULL, watched,
                                         dest && bench->data.whole_files > 0},
                       limit, sample);
    for (int i = 0; i < 2; i++) {
        if (outputs[i] >= 0)
            close(outputs[i]);
    }
    free(command);
    read_counters(bench, sample);
    if (arm->ceiling && bench->opts.pattern)
        take_fio(bench, sample);
    return rc;
}
