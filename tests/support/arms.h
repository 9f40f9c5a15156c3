/* arms.h: a bench whose arms have samples made by hand. */
#ifndef TESTS_SUPPORT_ARMS_H
#define TESTS_SUPPORT_ARMS_H

#include "../../cmd/abench/context.h"

enum { ROUNDS = 7, ARMS = 3 };

/* The figures of an arm. waiting, queued: of its seconds; the rest is computing. */
struct figures {
    const char *name, *label;
    bool ring, usual;
    unsigned threads;
    double seconds, cpu, waiting, queued, workers, busy, queue;
};

/* Common figures of a test: one blocking thread that waits, threads and a ring. */
extern const struct figures one_thread, threads, ring;

extern struct bench bench;

/* Sets up bench: its arms are one blocking thread, threads and a ring, with ROUNDS cold samples
 * each. NULL: without it. Frees the samples of the last set_up. */
void set_up(const struct figures *base, const struct figures *several, const struct figures *last);

#endif
