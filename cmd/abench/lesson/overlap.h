/* overlap.h: the lesson of what else is done while one read waits. */
#ifndef CMD_ABENCH_LESSON_OVERLAP_H
#define CMD_ABENCH_LESSON_OVERLAP_H

#include "../context.h"

/* What an engine did while one read waited. */
struct overlap {
    double seconds;        /* of all */
    uint64_t files, bytes; /* digested before the slow file's end */
};

/* Digests a slow file and then many others with one worker of the engine, and counts. Returns 0 or
 * -errno. */
int overlap_measure(const struct bench *bench, const char *engine, struct overlap *overlap);

#endif
