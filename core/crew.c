/* crew.c: watches what a worker waits for. See crew.h. */
#define _GNU_SOURCE
#include "crew.h"

#include <stddef.h>
#include <sys/resource.h>

enum {
    WATCHED_AT_FIRST = 8, /* calls: a short run needs the extra workers soon */
    WATCHED_EVERY = 7,    /* odd, since opening and reading alternate; getrusage takes 0.3 us */
    QUIET_LEAVES = 32,    /* watched calls: some 5 ms of a cached tree */
};

/* Returns how often the calling thread has slept. */
static uint64_t read_switches(void)
{
    struct rusage usage;

    getrusage(RUSAGE_THREAD, &usage);
    return (uint64_t)usage.ru_nvcsw;
}

void crew_before(struct crew_member *member)
{
    if (!member)
        return;
    member->calls++;
    member->watching = member->calls <= WATCHED_AT_FIRST || member->calls % WATCHED_EVERY == 0;
    if (member->watching)
        member->switches = read_switches();
}

void crew_after(struct crew_member *member)
{
    if (!member || !member->watching)
        return;
    if (read_switches() == member->switches) {
        member->quiet++;
        return;
    }
    member->quiet = 0;
    member->waited(member);
}

bool crew_leaves(const struct crew_member *member)
{
    return member && member->extra && member->quiet >= QUIET_LEAVES;
}
