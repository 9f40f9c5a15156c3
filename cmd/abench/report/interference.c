/* interference.c: the process that used the processors most while the arms ran, of those that still
 * run. See interference.h. */
#define _GNU_SOURCE
#include "interference.h"

#include <ctype.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

void interference_read(struct interference *snapshot)
{
    DIR *proc = opendir("/proc");
    const struct dirent *entry;

    snapshot->n = 0;
    while (proc && snapshot->n < INTERFERENCE_PROCESSES_MAX && (entry = readdir(proc))) {
        struct process_time *process = &snapshot->processes[snapshot->n];
        if (isdigit((unsigned char)entry->d_name[0]) && atoi(entry->d_name) != getpid() &&
            process_time_read(entry->d_name, process))
            snapshot->n += !process->kernel;
    }
    if (proc)
        closedir(proc);
}

/* Returns the process that used the most CPU time since the first snapshot. Subtracts the time
 * before it in *after. */
static const struct process_time *busiest(const struct interference *before,
                                          struct interference *after)
{
    const struct process_time *most = NULL;

    for (size_t i = 0; i < after->n; i++) {
        struct process_time *process = &after->processes[i];
        for (size_t j = 0; j < before->n; j++) {
            if (before->processes[j].pid == process->pid)
                process->seconds -= before->processes[j].seconds;
        }
        if (!most || process->seconds > most->seconds)
            most = process;
    }
    return most;
}

void interference_name(struct bench *bench, const struct interference *before,
                       struct interference *after)
{
    const double little = 0.1; /* seconds */
    const struct process_time *process = busiest(before, after);

    if (process && process->seconds > little)
        snprintf(bench->busiest, sizeof(bench->busiest), "%s", process->name);
}
