/* overlap.h: the work that continues while one read waits. */
#ifndef CMD_ABENCH_LESSON_OVERLAP_H
#define CMD_ABENCH_LESSON_OVERLAP_H

#include "../context.h"

/* The work of an engine while one read waited. */
struct overlap {
    double seconds;        /* time of all files */
    uint64_t files, bytes; /* digested before the end of the slow file */
};

/* Digests a slow file and then many others with one worker of the engine. Returns 0 or -errno. */
int overlap_measure(const struct bench *bench, const char *engine, struct overlap *overlap);

#endif
