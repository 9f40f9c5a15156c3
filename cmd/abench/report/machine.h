/* machine.h: the machine and the filesystem of the measurements. */
#ifndef CMD_ABENCH_REPORT_MACHINE_H
#define CMD_ABENCH_REPORT_MACHINE_H

#include "../context.h"

/* Stands for a name that cannot be found out. */
#define MACHINE_UNKNOWN "unknown"

struct machine {
    unsigned processors;
    uint64_t memory_total, memory_available; /* bytes */
    double load;                             /* 1 minute's average; NAN: unknown */
    char kernel[65];
    char filesystem[64]; /* type */
    char device[256];    /* source of the mount */
    dev_t number;        /* of the block device, or of a filesystem without one */
    /* of the processors and of the device; "": unknown */
    char processor[128], model[128], scheduler[64], requests[32];
};
void machine_read(struct machine *machine, const char *path);
/* Warns about conditions that would falsify the measurement. */
void machine_warn_before(struct bench *bench, const struct machine *machine);
/* Warns about results that are not meaningful. */
void machine_warn_after(struct bench *bench, const struct machine *machine);

#endif
