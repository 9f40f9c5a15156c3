/* copying.h: runs an engine's copy over some files and records how each ended. */
#ifndef TESTS_COPYING_H
#define TESTS_COPYING_H

#include "../../core/copy/copy.h"
#include "contract.h"

enum { COPYING_FILES_MAX = 1024, COPYING_JOBS_MAX = 8 };
/* large enough for direct writes, and no multiple of a block */
enum { COPYING_LARGE_BYTES = 12 * 1024 * 1024 + 123 };

/* the end of a file */
struct outcome {
    char name[64];
    enum step step;
    int status;
    enum refusal refusal;
    uint64_t bytes;
    bool told; /* a report came besides the status */
};

struct copying {
    struct copy copy; /* must be first: the retire function gets its address */
    const struct engine *engine;
    struct engine_opts opts;
    unsigned jobs;
    const char *watched;                   /* name of a file whose bytes the test checks */
    int (*on_watched)(struct copying *it); /* called at each data call; returns the sink's result */
    unsigned calls;                        /* data calls of the watched file so far */
    uint64_t seen;                         /* its bytes */
    atomic_uint ends;                      /* end calls of all files */
    unsigned fail_at;                      /* this one and the next are for the test */
    bool over;

    struct outcome outcomes[COPYING_FILES_MAX];
    size_t count, failed;
    struct stats stats;
};
_Static_assert(offsetof(struct copying, copy) == 0, "the retire function casts the copy");

/* Makes a recursive copy with the options of a case; makes src/ if it is missing. */
struct copying *copying_new(const struct engine *engine, const struct contract_case *this);
/* Copies one source to a name, and forgets the records of the last run. A run that hangs ends the
 * program. Checks that the run leaves no descriptor open. */
void copying_run_one(struct copying *it, const char *from, const char *to);
/* Copies src to dst, and checks that the counters agree with the retired files. */
void copying_run(struct copying *it);
/* Returns the record of the only file of that name. */
const struct outcome *copying_outcome(const struct copying *it, const char *name);

/* Tells if the file has exactly the first len bytes of the pattern; prints a message if not. */
bool holds_pattern(const char *path, uint64_t seed, uint64_t len);
/* Tells if two files have the same contents. */
bool same_bytes(const char *a, const char *b);

#endif
