/* rate.c: a limit of bytes a second. See rate.h. */
#define _GNU_SOURCE
#include "rate.h"

#include <stddef.h>
#include <time.h>

#include "stats.h"

enum {
    NS_PER_SECOND = 1000000000,
};

void rate_take(struct rate *rate, uint64_t bytes)
{
    uint64_t now, from, cost, until;

    if (!rate)
        return;
    now = stats_now_ns();
    cost = (uint64_t)((double)bytes * NS_PER_SECOND / (double)rate->bytes_per_second);
    from = atomic_load(&rate->free_ns);
    /* what was not used in the past is not saved up */
    while (!atomic_compare_exchange_weak(&rate->free_ns, &from, (from > now ? from : now) + cost))
        ;
    /* these bytes are paid for now, too, but for the last second's: they may be the last */
    until = from > now ? from : now;
    if (cost > NS_PER_SECOND)
        until += cost - NS_PER_SECOND;
    if (until > now) {
        struct timespec wait = {(time_t)((until - now) / NS_PER_SECOND),
                                (long)((until - now) % NS_PER_SECOND)};
        (void)nanosleep(&wait, NULL);
    }
}
