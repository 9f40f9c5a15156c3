/* progress.h: live counters of a run.
 *
 * The feed and the engines add to them per file and per block, relaxed: they are for display and
 * need not be consistent. Their functions take NULL, and do nothing then. */
#ifndef CORE_PIPELINE_PROGRESS_H
#define CORE_PIPELINE_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

struct progress;
struct feed;
struct file;

/* A reading of the counters. */
struct progress_now {
    uint64_t files;         /* done; directories and told_only are none */
    uint64_t files_taken;   /* and those that an engine has */
    uint64_t files_known;   /* found so far */
    uint64_t files_counted; /* by total.h */
    uint64_t files_skipped; /* of those done: they needed no work */
    uint64_t files_failed;  /* of those done */
    uint64_t bytes;         /* delivered */
    uint64_t bytes_known;   /* of the files that have been opened */
    uint64_t bytes_counted; /* by total.h */
    uint64_t bytes_skipped; /* of files that are done, and need not be delivered */
    bool all_known;         /* there will be no more files */
    bool counting;          /* total.h counts, or has counted */
    bool all_counted;       /* total.h has counted all */
};

struct progress *progress_new(void); /* NULL: out of memory */
void progress_free(struct progress *progress);

/* -- for the engines and the commands -- */
/* Counts bytes that have been delivered. */
void progress_bytes(struct progress *progress, uint64_t bytes);
/* Notes the size of a file that has been opened, as a hint. */
void progress_size(struct progress *progress, struct file *file, uint64_t bytes);
/* Names what is read besides the feed's files; NULL: nothing any more. The name must stay. */
void progress_outside(struct progress *progress, const char *name);

/* -- for the feed -- */
/* oldest names the file that an engine has had longest; progress_oldest calls it from any thread
 * until progress_detach returns. */
void progress_attach(struct progress *progress, struct feed *feed,
                     char *(*oldest)(struct feed *feed));
void progress_detach(struct progress *progress);
void progress_found(struct progress *progress, const struct file *file);
void progress_taken(struct progress *progress, const struct file *file);
void progress_done(struct progress *progress, const struct file *file);
void progress_all_known(struct progress *progress);

/* -- for total.h, not NULL -- */
void progress_count_begin(struct progress *progress);
void progress_counted(struct progress *progress, uint64_t bytes); /* one file */
void progress_count_complete(struct progress *progress);

/* -- for display, from any thread, not NULL -- */
void progress_read(struct progress *progress, struct progress_now *now);
/* Returns the name of the oldest file that an engine has, or of what is read outside: it is what a
 * stalled run waits for. malloc'd; NULL: there is none, or memory is short. */
char *progress_oldest(struct progress *progress);

#endif
