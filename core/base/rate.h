/* rate.h: a limit of bytes a second that several threads keep together. */
#ifndef CORE_BASE_RATE_H
#define CORE_BASE_RATE_H

#include <stdatomic.h>
#include <stdint.h>

struct rate {
    uint64_t bytes_per_second;
    _Atomic uint64_t free_ns; /* when the bytes that were taken so far are paid for; 0 at first */
};

/* Takes the bytes. Waits until all bytes taken earlier are paid for, and of these bytes all but the
 * last second's worth. A signal ends the wait. rate: NULL for no limit. */
void rate_take(struct rate *rate, uint64_t bytes);

#endif
