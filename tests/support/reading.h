/* reading.h: runs an engine over some files and records the calls of its sink. */
#ifndef TESTS_READING_H
#define TESTS_READING_H

#include <pthread.h>

#include "../../core/engine.h"

struct reading;

/* one file: the bytes that the engine delivered, and its end */
struct record {
    char *path;
    size_t index;  /* in the order of adding */
    uint64_t seed; /* for the test: seed of the file's pattern */
    uint64_t len;
    unsigned char type;    /* DT_* of the producer; 0: an operand */
    int expect;            /* expected status */
    enum step expect_step; /* expected step of the error */

    uint64_t bytes; /* of all data calls */
    uint64_t fnv;   /* digest of the same bytes */
    char *content;  /* the same bytes, if reading.keep_content is set */
    unsigned data_calls;
    unsigned ends;    /* calls of end */
    unsigned retired; /* times that the feed retired it */
    int end_status;   /* at the call of end */
    int status;       /* when it was retired */
    enum step step;
    uint64_t file_bytes; /* bytes counted by the engine */
    bool broke_rules;    /* data was empty, came after the end or a failure, or from two threads */
    int failed;          /* result of on_data */
    pthread_t thread;
};

struct reading {
    const struct engine *engine;
    struct engine_opts opts;
    unsigned jobs;   /* 0: 1 */
    unsigned window; /* of the feed */
    /* The sink keeps most files that have ended, until there are so many; 0: none. */
    unsigned keeps;
    bool keep_order;
    bool keep_content;
    /* Called before the bytes are recorded; a negative result is the sink's. May be NULL. */
    int (*on_data)(struct reading *reading, struct record *record);
    void *arg; /* for on_data */

    struct record *records;
    size_t count, cap;
    struct feed *feed; /* while it runs */
    int result;        /* of engine_run */
    int produced;      /* of feed_join */
    struct stats stats;
    bool left_order; /* with keep_order: bytes of an earlier file came after a later one's */
    size_t last;     /* index of the file that data came for last */
};

/* Adds a file. The record is valid until the next one is added. */
struct record *reading_add(struct reading *reading, const char *path);
/* Makes a file with len bytes of the pattern, and adds it. */
struct record *reading_add_pattern(struct reading *reading, const char *path, uint64_t seed,
                                   uint64_t len);
/* Drops the files that are expected to be readable from the page cache. */
void reading_make_cold(const struct reading *reading);
/* Runs the engine over all files. A run that hangs ends the program. Checks that the run leaves no
 * descriptor open. */
void reading_run(struct reading *reading);
/* Tells if the contract was kept: each file ended once with the expected status, and those expected
 * to succeed have all bytes of their pattern. Prints the faults. */
bool reading_is_right(const struct reading *reading);
/* Tells the same for one file, without its contents. */
bool record_ended_once(const struct record *record);
void reading_free(struct reading *reading);

#endif
