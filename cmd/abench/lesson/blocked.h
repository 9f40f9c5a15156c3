/* blocked.h: when the reads of slow files are handled by one worker, and by one that blocks. */
#ifndef CMD_ABENCH_LESSON_BLOCKED_H
#define CMD_ABENCH_LESSON_BLOCKED_H

#include "delay_files.h"

/* When each file's bytes were handled, in the order in which that happened. */
struct handled {
    unsigned n;
    double seconds[DELAY_FILES]; /* since the start */
};

/* Reads files slow files with one worker of the engine. blocks: after the first one, the worker
 * reads one more by read(2). Returns 0 or -errno. */
int blocked_measure(const struct bench *bench, const char *engine, unsigned files, bool blocks,
                    struct handled *handled);

#endif
