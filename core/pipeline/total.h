/* total.h: counts what a run will find, on a thread of its own, so that progress has a total while
 * the run is still finding its files. */
#ifndef CORE_PIPELINE_TOTAL_H
#define CORE_PIPELINE_TOTAL_H

#include "walk.h"

/* What is counted. Everything must stay until total_end. */
struct total_job {
    struct progress *progress;
    const char *const *names; /* of the operands */
    size_t names_len;
    const struct walk_opts *walk;
    bool recursive;       /* directories are walked */
    bool follow_operands; /* an operand may be a symbolic link to a directory */
    bool regular_only;    /* other files in directories are not counted */
};

struct total;

/* Starts to count. Returns NULL if it cannot: then there is no total. */
struct total *total_start(const struct total_job *job);
/* Ends it, complete or not. Takes NULL. */
void total_end(struct total *total);

#endif
