/* run.c: children: an arm's run with its clock, forks of abench itself, and their end when a
 * signal comes or the time is up.
 *
 * The clock starts at the spawn and stops when waitid returns; nothing else happens between. The
 * handlers kill the child themselves, so that no signal is lost between a look at a flag and the
 * wait. */
#define _GNU_SOURCE
#include "../abench.h"
#include "../../cli/cli.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <math.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
    CHILD_DIED = 126,
    GRACE_SECONDS = 2, /* between asking a child to end and ending it */
};

volatile int bench_signal;
static bool removing; /* nothing may stop the removal of what abench made */
static bool alarm_ignored;
static sigset_t caught;
static volatile pid_t child_target; /* for kill(2): a process, or a group, negative; 0: none */
static volatile sig_atomic_t alarms;

static void stop_child(int signum)
{
    int saved = errno;

    if (child_target != 0)
        kill(child_target, signum);
    errno = saved;
}

static void on_signal(int signum)
{
    if (removing)
        return;
    bench_signal = signum;
    stop_child(SIGTERM);
    alarm(GRACE_SECONDS);
}

/* The timer's, or somebody else's. */
static void on_alarm(int signum, siginfo_t *info, void *context)
{
    (void)context;
    if (info->si_code <= 0) { /* sent by a process */
        if (!alarm_ignored)
            on_signal(signum);
        return;
    }
    stop_child(bench_signal || alarms > 0 ? SIGKILL : SIGTERM);
    alarms++;
    alarm(GRACE_SECONDS);
}

void bench_signals_catch(void)
{
    struct sigaction action = {.sa_handler = on_signal}, before; /* no SA_RESTART: waits must end */

    sigemptyset(&caught);
    for (int sig = 1; sig <= SIGRTMAX; sig++) {
        /* ignored ones stay ignored, as nohup needs it */
        if (!cli_signal_ends(sig) || sigaction(sig, NULL, &before) < 0 ||
            before.sa_handler != SIG_DFL)
            continue;
        sigaddset(&caught, sig);
        sigaction(sig, &action, NULL);
    }
    alarm_ignored = !sigismember(&caught, SIGALRM);
    sigaddset(&caught, SIGALRM);
    action.sa_flags = SA_SIGINFO;
    action.sa_sigaction = on_alarm;
    sigaction(SIGALRM, &action, NULL);
    signal(SIGCHLD, SIG_DFL); /* ignored, it would take the children's statuses away */
}

void bench_signals_release(void)
{
    for (int sig = 1; sig <= SIGRTMAX; sig++)
        if (sigismember(&caught, sig) == 1)
            signal(sig, SIG_DFL);
}

void bench_signals_hold(void)
{
    removing = true;
    bench_signal = 0; /* it would stop the removal too */
}

/* Waits until the child that target means has ended, for limit seconds where that is above zero.
 * What it leaves is then still to be collected. */
static void wait_end(pid_t pid, pid_t target, double limit)
{
    struct itimerval timer = {
        .it_value = {.tv_sec = (time_t)limit, .tv_usec = (suseconds_t)(fmod(limit, 1) * 1e6)}};
    struct itimerval never = {.it_value = {0}};
    siginfo_t info;
    int rc;

    alarms = 0;
    child_target = target;
    if (bench_signal) /* it came before there was a child to kill */
        stop_child(SIGTERM);
    if (limit > 0)
        setitimer(ITIMER_REAL, &timer, NULL);
    do
        rc = waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT);
    while (rc < 0 && errno == EINTR);
    child_target = 0;
    setitimer(ITIMER_REAL, &never, NULL);
}

/* Of a child that has ended: its status. */
static int collect(pid_t pid, struct rusage *usage)
{
    int status = 0;
    pid_t got;

    do
        got = wait4(pid, &status, 0, usage);
    while (got < 0 && errno == EINTR);
    return status;
}

int bench_in_child(int (*work)(void *arg), void *arg)
{
    struct rusage usage;
    pid_t pid;
    int status;

    fflush(NULL);
    pid = fork();
    if (pid < 0)
        return CHILD_DIED;
    if (pid == 0) {
        bench_signals_release();
        int rc = bench_signal ? CHILD_DIED : work(arg);
        fflush(NULL);
        _exit(rc);
    }
    wait_end(pid, pid, 0);
    status = collect(pid, &usage);
    return WIFEXITED(status) ? WEXITSTATUS(status) : CHILD_DIED;
}

void *bench_shared(size_t bytes)
{
    void *memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

    return memory == MAP_FAILED ? NULL : memory;
}

void bench_unshare(void *memory, size_t bytes)
{
    if (memory)
        munmap(memory, bytes);
}

/* Starts argv in a process group of its own. Returns 0 or -errno. */
static int spawn(pid_t *pid, char *const argv[], int out, int err)
{
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    sigset_t defaults, none;
    int rc;

    sigemptyset(&none);
    sigemptyset(&defaults);
    sigaddset(&defaults, SIGPIPE);
    posix_spawnattr_init(&attributes);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGDEF |
                                              POSIX_SPAWN_SETSIGMASK);
    posix_spawnattr_setpgroup(&attributes, 0);
    posix_spawnattr_setsigdefault(&attributes, &defaults);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_adddup2(&actions, out, 1);
    posix_spawn_file_actions_adddup2(&actions, err, 2);
    rc = posix_spawnp(pid, argv[0], &actions, &attributes, argv, environ);
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attributes);
    return -rc;
}

int bench_command(char *const argv[], bool quiet)
{
    int null = open("/dev/null", O_WRONLY | O_CLOEXEC);
    struct rusage usage;
    int status;
    pid_t pid;

    if (null < 0)
        return CHILD_DIED;
    int rc = spawn(&pid, argv, null, quiet ? null : 2);
    close(null);
    if (rc < 0)
        return CHILD_DIED;
    wait_end(pid, -pid, 0);
    status = collect(pid, &usage);
    return WIFEXITED(status) ? WEXITSTATUS(status) : CHILD_DIED;
}

static double number(const json_t *object, const char *key)
{
    const json_t *value = json_object_get(object, key);

    return json_is_number(value) ? json_number_value(value) : NAN;
}

/* The last line of an arm's messages that is a JSON object holds its counters. */
static void read_counters(const struct bench *bench, struct bench_sample *sample)
{
    FILE *file = fopen(bench_temp(bench, "err"), "re");
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
    sample->files = number(counters, "files");
    sample->bytes = number(counters, "bytes");
    sample->waiting_seconds = number(counters, "waiting_s");
    sample->in_flight_mean = number(counters, "mean_in_flight");
    sample->workers = number(counters, "jobs");
    sample->in_flight_peak = number(counters, "peak_in_flight");
    json_decref(counters);
    free(line);
    if (file)
        fclose(file);
}

/* Bytes that pid, which has ended and not been waited for, had from read(2) and its like; NAN where
 * the kernel does not tell. */
static double bytes_read(pid_t pid)
{
    unsigned long long bytes = 0;
    char path[64];
    FILE *file;
    bool told;

    snprintf(path, sizeof(path), "/proc/%d/io", (int)pid);
    file = fopen(path, "re");
    told = file && fscanf(file, "rchar: %llu", &bytes) == 1;
    if (file)
        fclose(file);
    return told ? (double)bytes : NAN;
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

/* The part of the time that the device was busy, and what waited at it on the mean. */
static void take_device(const struct bench *bench, const struct device_counters *before,
                        struct bench_sample *sample)
{
    struct device_counters after;
    double wall_ms = 1000 * (sample->seconds + (bench->opts.durable ? 0 : sample->sync_seconds));

    sample->device_busy = sample->device_queue = NAN;
    if (!device_read(bench, &after) || wall_ms <= 0)
        return;
    sample->device_busy = fmin((after.busy_ms - before->busy_ms) / wall_ms, 1);
    sample->device_queue = (after.queue_ms - before->queue_ms) / wall_ms;
}

/* Opens a file for an arm's output: a new one, into which no earlier arm can write. */
static int open_output(const char *path)
{
    if (strcmp(path, "/dev/null") == 0)
        return open(path, O_WRONLY | O_CLOEXEC);
    unlink(path);
    return open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
}

int bench_run(struct bench *bench, struct bench_arm *arm, const char *dest, double limit,
              bool watched, struct bench_sample *sample)
{
    const char *out_path = bench->opts.operation == BENCH_HASH ? bench_temp(bench, "out")
                                                               : "/dev/null";
    char *command = arm->command ? bench_arm_command(bench, arm, dest) : NULL;
    char *shell[] = {(char *)"/bin/sh", (char *)"-c", command, NULL};
    int out = open_output(out_path);
    int err = open_output(bench_temp(bench, "err"));
    struct device_counters before = {0};
    struct rusage usage = {0};
    struct watch watch;
    double start, end;
    pid_t pid;
    int rc = out < 0 || err < 0 ? -errno : 0;

    if (dest && arm->argv) {
        size_t last = 0;
        while (arm->argv[last + 1])
            last++;
        arm->argv[last] = (char *)dest;
    }
    if (rc == 0) {
        device_read(bench, &before);
        start = bench_now();
        rc = spawn(&pid, arm->argv ? arm->argv : shell, out, err);
        if (rc == 0) {
            watched = watched && watch_start(&watch, pid) == 0;
            wait_end(pid, -pid, limit);
            end = bench_now();
            sample->bytes_read = bytes_read(pid);
            sample->wait_status = collect(pid, &usage);
            sample->iowq = watched ? watch_end(&watch) : 0;
            if (arm->command) /* abench has no other children then */
                sample->left_running = bench_end_left(pid);
            if (dest && !bench_signal && alarms == 0)
                rc = bench_dest_sync(bench);
            sample->sync_seconds = bench_now() - end;
            sample->seconds = end - start + (bench->opts.durable ? sample->sync_seconds : 0);
            sample->timed_out = alarms > 0 && !bench_signal;
            take_usage(sample, &usage);
            take_device(bench, &before, sample);
        }
    }
    if (out >= 0)
        close(out);
    if (err >= 0)
        close(err);
    free(command);
    read_counters(bench, sample);
    return rc;
}
