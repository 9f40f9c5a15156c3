/* interference.h: the processors' time that others used. */
#ifndef CMD_ABENCH_REPORT_INTERFERENCE_H
#define CMD_ABENCH_REPORT_INTERFERENCE_H

#include "../context.h"

enum { INTERFERENCE_PROCESSES_MAX = 1024 };

struct interference_process {
    int pid;
    double seconds;
    char name[32];
};

/* Seconds of all processors since boot. */
struct interference {
    double total, working, stolen;
    double ours; /* of abench and its children */
    struct interference_process processes[INTERFERENCE_PROCESSES_MAX];
    size_t n;
};
void interference_read(struct interference *snapshot);
/* Warns of others' work between two snapshots; modifies *after. */
void interference_warn(struct bench *bench, const struct interference *before,
                       struct interference *after);

#endif
