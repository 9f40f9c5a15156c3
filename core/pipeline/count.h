/* count.h: counts what a run will find, on a thread of its own, so that progress has a total while
 * the run is still finding its files. */
#ifndef CORE_PIPELINE_COUNT_H
#define CORE_PIPELINE_COUNT_H

#include "walk.h"

/* What is counted. Everything must stay until count_end. */
struct count_job {
    struct progress *progress;
    const char *const *names; /* of the operands */
    size_t names_len;
    const struct walk_opts *walk;
    bool recursive;       /* directories are walked */
    bool follow_operands; /* an operand may be a symbolic link to a directory */
    bool regular_only;    /* other files in directories are not counted */
};

struct count;

/* Starts to count. Returns NULL if it cannot: then there is no total. */
struct count *count_start(const struct count_job *job);
/* Ends it, complete or not. Takes NULL. */
void count_end(struct count *count);

#endif
