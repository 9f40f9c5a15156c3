/* copying.h: runs an engine's copy over some files and records how each ended. */
#ifndef TESTS_COPYING_H
#define TESTS_COPYING_H

#include "../../core/copy/copy.h"
#include "contract.h"

enum { COPYING_FILES_MAX = 1024, COPYING_JOBS_MAX = 8 };
/* Large enough for direct writes, and no whole number of blocks. */
enum { COPYING_LARGE_BYTES = 12 * 1024 * 1024 + 123 };

/* How a file ended. */
struct outcome {
    char name[64];
    enum step step;
    int status;
    enum refusal refusal;
    uint64_t bytes;
    bool told; /* of trouble besides its status */
};

struct copying {
    struct copy copy; /* first: the retire function gets its address */
    const struct engine *engine;
    struct engine_opts opts;
    unsigned jobs;
    const char *watched;                   /* name of a file whose bytes the test wants to see */
    int (*on_watched)(struct copying *it); /* at each data call; its result is the sink's */
    unsigned calls;                        /* data calls of the watched file so far */
    uint64_t seen;                         /* its bytes */
    atomic_uint ends;                      /* end calls of all files */
    unsigned fail_at;                      /* for the test's use, as the next */
    bool over;

    struct outcome outcomes[COPYING_FILES_MAX];
    size_t count, failed;
    struct stats stats;
};

/* With the options of a case, recursive; makes src/ where it is missing. */
struct copying *copying_new(const struct engine *engine, const struct contract_case *this);
/* Copies one source to a name; what was recorded of the last run is forgotten. A run that hangs
 * ends the program. */
void copying_run_one(struct copying *it, const char *from, const char *to);
/* Copies src to dst, and looks whether the counters agree with what was retired. */
void copying_run(struct copying *it);
/* That of the one file of that name. */
const struct outcome *copying_outcome(const struct copying *it, const char *name);

/* Whether the file holds the first len bytes of the pattern and nothing else; says so if not. */
bool holds_pattern(const char *path, uint64_t seed, uint64_t len);
/* Whether two files hold the same. */
bool same_bytes(const char *a, const char *b);

#endif
