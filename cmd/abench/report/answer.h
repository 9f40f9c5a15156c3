/* answer.h: the answer to the question if io_uring helps: YES, NO, NO MORE THAN N THREADS, or
 * CANNOT TELL. */
#ifndef CMD_ABENCH_REPORT_ANSWER_H
#define CMD_ABENCH_REPORT_ANSWER_H

#include "machine.h"
#include "summary.h"

enum answer_kind {
    ANSWER_NOT_ASKED, /* none of our arms uses io_uring */
    ANSWER_YES,
    ANSWER_NO,
    ANSWER_THREADS, /* threads gain as much */
    ANSWER_UNKNOWN  /* cannot tell */
};

enum { ANSWER_NONE = -1 }; /* no arm */

struct answer {
    enum answer_kind kind;
    /* indices of arms, or ANSWER_NONE: our fastest with io_uring, the blocking one to compare it
     * with, our fastest with threads, the fastest of all, our command without options, the one to
     * use */
    int ring, base, threads, best, usual, use;
    struct bench_ratio over_base, over_threads; /* of the ring, if there are both */
    bool by_workers; /* the ring is faster than base, but only because it has more workers */
    bool too_short;  /* ANSWER_UNKNOWN: runs are; the one to use is the usual one, if any */
    /* ANSWER_NOT_ASKED: the arm to compare the one to use with, and if even that cannot be told */
    int other;
    bool undecided;
    bool hint;         /* the arm to use is no more than that: no row is marked with it */
    char unknown[256]; /* ANSWER_UNKNOWN, or undecided: why; "": see the ratio */
};

/* What to do if a run is too short: it is the end of a sentence. */
const char *answer_for_longer(const struct bench *bench);
struct answer answer_find(const struct bench *bench, enum bench_cache cache);
bool answer_unknown(const struct bench *bench, enum bench_cache cache); /* cannot tell */
/* Returns the word for JSON: yes, no, threads, unknown; NULL: not asked. */
const char *answer_word(enum answer_kind kind);
/* Return a line of text each, which the caller frees. A newline in it must be kept. */
char *answer_line(const struct bench *bench, const struct answer *answer, enum bench_cache cache);
/* The command to use, and a reason; NULL: none can be told. */
char *answer_use_line(const struct bench *bench, const struct answer *answer,
                      enum bench_cache cache);
/* What the answer rests on. */
char *answer_sure_line(const struct bench *bench, const struct answer *answer,
                       enum bench_cache cache);
/* What the whole would take, of which a sample was measured; NULL: no sample, or no run. */
char *answer_whole_line(const struct bench *bench, enum bench_cache cache);

#endif
