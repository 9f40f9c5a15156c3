/* interference.h: the processes that used the processors while the arms ran. */
#ifndef CMD_ABENCH_REPORT_INTERFERENCE_H
#define CMD_ABENCH_REPORT_INTERFERENCE_H

#include "../measure/processors.h"

enum { INTERFERENCE_PROCESSES_MAX = 1024 };

/* CPU seconds of each process, except kernel threads. */
struct interference {
    struct process_time processes[INTERFERENCE_PROCESSES_MAX];
    size_t n;
};
void interference_read(struct interference *snapshot);
/* Fills in bench->busiest from two snapshots; modifies *after. */
void interference_name(struct bench *bench, const struct interference *before,
                       struct interference *after);

#endif
