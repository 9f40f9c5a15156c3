/* limits.h: what this process may use of the machine. */
#ifndef CORE_BASE_LIMITS_H
#define CORE_BASE_LIMITS_H

#include <stdint.h>
#include <sys/types.h>

/* A second; UINT64_MAX: as many as there can be. */
struct limits_rates {
    uint64_t read_bytes, written_bytes, reads, writes;
};

/* Returns the processors that this process may use, at least 1: those of its affinity mask, or as
 * many as the CPU quota of its cgroups pays for, rounded up. */
unsigned limits_processors(void);
/* Returns the bytes of memory that this process may use: the smallest limit of its cgroups, of
 * RLIMIT_AS and RLIMIT_DATA, and of the machine. It does not know how much of it others have taken.
 */
uint64_t limits_memory(void);
/* Returns how many of these workers there is memory for, at least 1: beside its buffers, a ring has
 * threads and requests in the kernel. */
unsigned limits_workers(unsigned workers);
/* Sets what the cgroups of this process let it do on a block device. The limits of a partition are
 * those of its disk. */
void limits_device(dev_t device, struct limits_rates *rates);
/* Returns how many descriptors this process may still open. */
unsigned limits_descriptors(void);

#endif
