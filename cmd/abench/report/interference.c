/* interference.c: the processors' time that others used while the arms ran: the host for its other
 * guests, and other processes, of which it names the busiest. */
#define _GNU_SOURCE
#include "interference.h"

#include <ctype.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

/* Parts of the processors' time above which the figures suffer. Kernel threads that write dirty
 * pages back for the arms count as others, so the second is not smaller. */
static const double steal_much = 0.02, others_much = 0.15;

static double rusage_seconds(int who)
{
    struct rusage usage;

    if (getrusage(who, &usage) < 0)
        return 0;
    return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
           (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

/* Reads the seconds since boot: of all processors, at work, and taken by the host. */
static void read_processors(struct interference *snapshot)
{
    FILE *file = fopen("/proc/stat", "re");
    double v[8], ticks = (double)sysconf(_SC_CLK_TCK);

    if (!file)
        return;
    if (fscanf(file, "cpu %lf %lf %lf %lf %lf %lf %lf %lf", &v[0], &v[1], &v[2], &v[3], &v[4],
               &v[5], &v[6], &v[7]) == 8) {
        snapshot->working = (v[0] + v[1] + v[2] + v[5] + v[6]) / ticks;
        snapshot->stolen = v[7] / ticks;
        for (int i = 0; i < 8; i++)
            snapshot->total += v[i] / ticks;
    }
    fclose(file);
}

/* Reads a process's CPU seconds. Its name is in parentheses, and can contain some. */
static bool read_process(const char *pid, struct interference_process *process)
{
    char path[64], line[1024];
    unsigned long user, system;
    FILE *file;
    bool good = false;

    snprintf(path, sizeof(path), "/proc/%.20s/stat", pid);
    file = fopen(path, "re");
    if (file && fgets(line, sizeof(line), file)) {
        char *open = strchr(line, '('), *close = strrchr(line, ')');
        good = open && close &&
               sscanf(close + 1, " %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu", &user,
                      &system) == 2;
        if (good) {
            *close = '\0';
            process->pid = atoi(pid);
            process->seconds = (double)(user + system) / (double)sysconf(_SC_CLK_TCK);
            snprintf(process->name, sizeof(process->name), "%s", open + 1);
        }
    }
    if (file)
        fclose(file);
    return good;
}

static void read_processes(struct interference *snapshot)
{
    DIR *proc = opendir("/proc");
    const struct dirent *entry;

    while (proc && snapshot->n < INTERFERENCE_PROCESSES_MAX && (entry = readdir(proc))) {
        if (isdigit((unsigned char)entry->d_name[0]) && atoi(entry->d_name) != getpid())
            snapshot->n += read_process(entry->d_name, &snapshot->processes[snapshot->n]);
    }
    if (proc)
        closedir(proc);
}

void interference_read(struct interference *snapshot)
{
    memset(snapshot, 0, sizeof(*snapshot));
    read_processors(snapshot);
    read_processes(snapshot);
    snapshot->ours = rusage_seconds(RUSAGE_SELF) + rusage_seconds(RUSAGE_CHILDREN);
}

/* Returns the process that used the most CPU time since the first snapshot. Subtracts the time
 * before it in *after. */
static const struct interference_process *busiest(const struct interference *before,
                                                  struct interference *after)
{
    const struct interference_process *most = NULL;

    for (size_t i = 0; i < after->n; i++) {
        struct interference_process *process = &after->processes[i];
        for (size_t j = 0; j < before->n; j++) {
            if (before->processes[j].pid == process->pid)
                process->seconds -= before->processes[j].seconds;
        }
        if (!most || process->seconds > most->seconds)
            most = process;
    }
    return most;
}

void interference_warn(struct bench *bench, const struct interference *before,
                       struct interference *after)
{
    double total = after->total - before->total;
    double stolen = (after->stolen - before->stolen) / total;
    double others = (after->working - before->working - (after->ours - before->ours)) / total;

    if (stolen > steal_much)
        bench_warn(bench,
                   "the host gave %.0f%% of the processors' time to other machines; trust the"
                   " ratios, not the seconds",
                   100 * stolen);
    if (others > others_much) {
        const struct interference_process *process = busiest(before, after);
        bench_warn(bench,
                   "the machine is busy: other processes used %.0f%% of the processors' time%s%s%s;"
                   " stop them, or trust only the ratios",
                   100 * others, process ? ", mostly " : "", process ? process->name : "",
                   process ? " (of those that still run)" : "");
    }
}
