/* arms.c: see arms.h. */
#define _GNU_SOURCE
#include "check.h"
#include "arms.h"

#include <stdlib.h>
#include <string.h>

const struct figures one_thread = {"sync", "1 blocking thread", false, false, 1, 8, 1, 7, 0, 1, 0.9,
                                   0.9};
const struct figures threads = {
    "sync-j16", "16 blocking threads", false, false, 16, 2, 2, 30, 0, 16, 0.9, 9};
const struct figures ring = {"uring", "io_uring", true, true, 0, 1, 1, 1, 0, 2, 0.9, 30};

struct bench bench;

static void add_arm(const struct figures *figures)
{
    struct bench_arm *arm = &bench.arms[bench.n_arms++];
    static char *argv[] = {(char *)"ahash", NULL};

    *arm = (struct bench_arm){.name = (char *)figures->name,
                              .label = (char *)figures->label,
                              .ring = figures->ring,
                              .usual = figures->usual,
                              .threads = figures->threads,
                              .argv = argv,
                              .advice = (char *)"ahash -r"};
    arm->samples = calloc(ROUNDS, sizeof(*arm->samples));
    assert_non_null(arm->samples);
    for (unsigned i = 0; i < ROUNDS; i++)
        arm->samples[arm->n_samples++] = (struct bench_sample){
            .cache = BENCH_COLD,
            .round = i + 1,
            /* a little noise, in another order for each arm */
            .seconds = figures->seconds *
                       (1 + 0.001 * (double)((i * (unsigned)bench.n_arms) % ROUNDS)),
            .user_seconds = figures->cpu,
            .waiting_seconds = figures->waiting,
            .runqueue_seconds = figures->queued,
            .workers = figures->workers,
            .in_flight_mean = figures->ring ? 100 : 0,
            .device_busy = figures->busy,
            .device_queue = figures->queue,
            .device_read = 1000000,
            .processors_seconds = 2 * figures->seconds,
            .check = CHECK_CONTENT,
        };
}

void set_up(const struct figures *base, const struct figures *several, const struct figures *last)
{
    static char *paths[] = {(char *)"data"};

    for (size_t i = 0; i < bench.n_arms; i++)
        free(bench.arms[i].samples);
    memset(&bench, 0, sizeof(bench));
    bench.opts.operation = BENCH_HASH;
    bench.opts.cold = true;
    bench.data = (struct bench_data){.paths = paths, .n_paths = 1, .files = 10, .bytes = 1000000};
    bench.rounds_done[BENCH_COLD] = ROUNDS;
    add_arm(base);
    if (several)
        add_arm(several);
    if (last)
        add_arm(last);
}
