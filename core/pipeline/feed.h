/* feed.h: the files of one run, on their way from the producer to the engines and out in input
 * order.
 *
 * A producer (operands, a list, a tree walk) runs ahead on its own thread. Engines take files, from
 * several threads. Whatever finishes first, files are retired in the order in which they were
 * added. All of it happens in a window of bounded size, so memory does not grow with the number of
 * files:
 *
 *     add -> batch (sorted) -> queue -> next -> [engine] -> done -> retire, in input order
 */
#ifndef CORE_PIPELINE_FEED_H
#define CORE_PIPELINE_FEED_H

#include "../base/stats.h"
#include "file.h"
#include "progress.h"

struct feed;

struct feed_config {
    unsigned window; /* files between add and retire, at the most; 0: the default */
    size_t op_bytes; /* size of file->op */
    bool keep_order; /* hand files out in input order: no sorting by inode */
    /* Calls on names wait for a server. Hands out files of all directories in turn: the kernel
     * makes the names of one directory one after the other. Leaves files to threads that have none.
     */
    bool calls_wait;
    bool no_thread; /* the producer runs in feed_alternate: for a single small file, or by limits */
    /* Runs on the feed's own thread (or in feed_alternate), adds all files. Its result is
     * feed_join's. */
    int (*produce)(struct feed *feed, void *arg);
    /* Called once per file in input order, never from two threads at a time, from any thread. The
     * file is freed after it. NULL: nothing to do. */
    void (*retire)(struct file *file, void *arg);
    void *arg;
    struct progress *progress; /* counts the files; NULL if progress is not shown */
};

/* Makes the feed and starts its producer; if it gets no thread (no_thread, or a limit on
 * processes), the producer runs in feed_alternate. Returns 0 or -errno. */
int feed_start(struct feed **feed, const struct feed_config *config);
bool feed_has_thread(const struct feed *feed);
/* Runs the producer of a feed without a thread, and calls work whenever the window is full, and at
 * the end. work takes files until feed_next returns -ENODATA, and gives all of them back before it
 * returns; if it returns -errno the feed is cancelled. */
void feed_alternate(struct feed *feed, int (*work)(void *arg), void *arg);

/* -- the producer's side; each of these may be called from the produce function only -- */

/* Makes a file; takes its own reference to dir and copies name. NULL: out of memory. */
struct file *feed_file(struct feed *feed, struct dir *dir, const char *name, size_t name_len);
/* Hands it over, for an engine to process. Waits while the window is full. Once the feed is
 * cancelled it frees the file and returns -ECANCELED: the producer should stop. */
int feed_add(struct feed *feed, struct file *file);
/* Hands over a file that needs no engine (an error of the walk, a directory): it is only retired in
 * its turn. */
int feed_add_done(struct feed *feed, struct file *file);
/* Hands over a file that the caller processes itself, on any thread: it is the caller's until it
 * gives it back by feed_done, which must be before the produce function returns. */
int feed_add_held(struct feed *feed, struct file *file);

/* Counts a directory whose names have been found, and the time that this took. */
void feed_listed(struct feed *feed, const struct dir *dir, uint64_t ns, uint64_t names);

/* Has all files so far handed out before those that follow. Returns how many they are. */
uint64_t feed_divide(struct feed *feed);

/* Waits until half of the files in the window are retired, and what they held is free again: for a
 * producer that runs out of descriptors. false: there are none; the last may have been retired just
 * before, so a caller that waits for something looks for it once more. */
bool feed_drain_half(struct feed *feed);

/* -- the engines' side, any thread -- */

/* Takes the next file. Returns 0, -ENODATA after the last one, or, if wait is false, -EAGAIN: there
 * is none yet, or it is left to a thread that waits. */
int feed_next(struct feed *feed, struct file **file, bool wait);
/* Returns the time that callers of feed_next have waited in it so far, all together. */
uint64_t feed_waited_ns(struct feed *feed);
/* Adds what feed_listed has counted since the last call, and gives the path away. */
void feed_take_listing(struct feed *feed, struct stats_listing *sum);
/* Gives a file back, whose status is final. */
void feed_done(struct feed *feed, struct file *file);
/* Returns the name of the oldest file that was handed out and has not been given back: malloc'd;
 * NULL: there is none, or memory is short. Any thread. */
char *feed_oldest(struct feed *feed);
/* Drops what has not been handed out, and makes feed_next end. */
void feed_cancel(struct feed *feed);

/* Waits for the producer, frees everything. Files taken by feed_next must have been given back.
 * Returns what produce returned. Takes NULL. */
int feed_join(struct feed *feed);

#endif
