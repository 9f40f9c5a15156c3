/* processors.h: the time of all processors, and who used it. */
#ifndef CMD_ABENCH_MEASURE_PROCESSORS_H
#define CMD_ABENCH_MEASURE_PROCESSORS_H

#include "../context.h"

/* Seconds since boot; all 0 if the kernel does not report them. */
struct processors {
    double total;
    double working; /* of user processes and kernel threads, without interrupts */
    double stolen;  /* taken by the host for its other guests */
    double kernel;  /* of kernel threads, which also work for the arms */
    double ours;    /* of abench and of those of its children that it has waited for */
};
/* One process, as far as /proc tells. */
struct process_time {
    int pid;
    bool kernel; /* a kernel thread */
    double seconds;
    char name[32];
};
/* Returns false if there is no such process. pid: its name in /proc. */
bool process_time_read(const char *pid, struct process_time *process);

void processors_read(struct processors *processors);
/* Fills in the figures of a run between two snapshots. */
void processors_take(const struct processors *before, struct bench_sample *sample);

#endif
