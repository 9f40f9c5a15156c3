/* crew.h: extra workers of the blocking engine, while its workers wait for a device.
 *
 * As many workers as processors are enough for cached data: more would only take turns. If the data
 * must be waited for, more workers overlap their waits. So each worker watches some of its calls
 * that open or read a file. If it has slept in one, an extra worker is started; an extra worker
 * that has not slept for long leaves. The kernel knows of each sleep, on any filesystem, which
 * asking for the page cache does not.
 */
#ifndef CORE_CREW_H
#define CORE_CREW_H

#include <stdbool.h>
#include <stdint.h>

/* One worker's part. */
struct crew_member {
    void (*waited)(struct crew_member *member); /* the worker had to wait: starts another one */
    void *crew;                                 /* the caller's */
    bool extra;                                 /* it may leave */
    bool watching;
    unsigned calls;
    unsigned quiet;    /* watched calls in a row that did not sleep */
    uint64_t switches; /* before the watched call */
};

/* Called before and after a call that may wait for a device. Both take NULL. */
void crew_before(struct crew_member *member);
void crew_after(struct crew_member *member);
/* Tells whether this worker ends, although there may be more files. Takes NULL. */
bool crew_leaves(const struct crew_member *member);

#endif
