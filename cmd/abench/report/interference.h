/* interference.h: who else used the processors. */
#ifndef CMD_ABENCH_REPORT_INTERFERENCE_H
#define CMD_ABENCH_REPORT_INTERFERENCE_H

#include "../context.h"

enum { BUSY_PROCESSES_MAX = 1024 };

struct busy_process {
    int pid;
    double seconds;
    char name[32];
};

/* Seconds of all processors since the machine started. */
struct busy {
    double total, working, stolen;
    double ours; /* of abench and what it ran */
    struct busy_process processes[BUSY_PROCESSES_MAX];
    size_t n;
};
void busy_look(struct busy *busy);
/* Warns of others' work between two looks; spoils after. */
void busy_warn(struct bench *bench, const struct busy *before, struct busy *after);

#endif
