/* processors.c: the time of all processors during a run. See processors.h.
 *
 * /proc/stat has the sum, from which the arm's own time is subtracted. Kernel threads write dirty
 * pages back, and encrypt disks, for the arms too: they do not count as others. */
#define _GNU_SOURCE
#include "processors.h"

#include <ctype.h>
#include <dirent.h>
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

static double rusage_seconds(int who)
{
    struct rusage usage;

    if (getrusage(who, &usage) < 0)
        return 0;
    return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
           (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

bool process_time_read(const char *pid, struct process_time *process)
{
    const unsigned kernel_thread = 0x00200000; /* PF_KTHREAD of include/linux/sched.h */
    char path[64], line[1024], *start, *end;
    unsigned long user, system;
    unsigned flags;

    snprintf(path, sizeof(path), "/proc/%.20s/stat", pid);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t len = fd < 0 ? 0 : read(fd, line, sizeof(line) - 1);
    if (fd >= 0)
        close(fd);
    line[len > 0 ? len : 0] = '\0';
    start = strchr(line, '(');
    end = strrchr(line, ')'); /* the name can contain some */
    if (!start || !end ||
        sscanf(end + 1, " %*c %*d %*d %*d %*d %*d %u %*u %*u %*u %*u %lu %lu", &flags, &user,
               &system) != 3)
        return false;
    *end = '\0';
    process->pid = atoi(pid);
    process->kernel = flags & kernel_thread;
    process->seconds = (double)(user + system) / (double)sysconf(_SC_CLK_TCK);
    snprintf(process->name, sizeof(process->name), "%s", start + 1);
    return true;
}

static double kernel_threads_seconds(void)
{
    DIR *proc = opendir("/proc");
    const struct dirent *entry;
    struct process_time process;
    double seconds = 0;

    while (proc && (entry = readdir(proc))) {
        if (isdigit((unsigned char)entry->d_name[0]) && process_time_read(entry->d_name, &process))
            seconds += process.kernel ? process.seconds : 0;
    }
    if (proc)
        closedir(proc);
    return seconds;
}

void processors_read(struct processors *processors)
{
    FILE *file = fopen("/proc/stat", "re");
    double v[8], ticks = (double)sysconf(_SC_CLK_TCK);

    *processors = (struct processors){0};
    /* user, nice, system, idle, iowait, irq, softirq, steal */
    if (file && fscanf(file, "cpu %lf %lf %lf %lf %lf %lf %lf %lf", &v[0], &v[1], &v[2], &v[3],
                       &v[4], &v[5], &v[6], &v[7]) == 8) {
        processors->working = (v[0] + v[1] + v[2]) / ticks;
        processors->stolen = v[7] / ticks;
        for (int i = 0; i < 8; i++)
            processors->total += v[i] / ticks;
        processors->kernel = kernel_threads_seconds();
        processors->ours = rusage_seconds(RUSAGE_SELF) + rusage_seconds(RUSAGE_CHILDREN);
    }
    if (file)
        fclose(file);
}

void processors_take(const struct processors *before, struct bench_sample *sample)
{
    struct processors now;

    processors_read(&now);
    if (now.total <= before->total)
        return;
    sample->processors_seconds = now.total - before->total;
    sample->stolen_seconds = fmax(now.stolen - before->stolen, 0);
    sample->others_seconds = fmax(now.working - before->working - (now.ours - before->ours) -
                                      fmax(now.kernel - before->kernel, 0),
                                  0);
}
