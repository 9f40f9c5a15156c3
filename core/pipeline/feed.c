/* feed.c: one lock, one window. See feed.h.
 *
 * Sequence numbers: retired <= added, and added - retired <= window. slot[seq % window] holds the
 * file from add to retire. The batch and the queue hold the same pointers again, in the order in
 * which the engines take them: at most the files that are not retired. */
#define _GNU_SOURCE
#include "feed.h"

#include <assert.h>
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "../base/preload.h"
#include "../base/stats.h"
#include "../base/thread.h"

enum {
    /* A walk of a cold tree fills this while the readers wait for their first files' inodes, and at
     * about 400 bytes a file it is 3 MiB. */
    WINDOW_DEFAULT = 8192,
    /* ext4 keeps 16 inodes a block and reads up to 32 blocks of them ahead: files of this many
     * neighbouring directories sorted together are read with few seeks. */
    BATCH_FILES = 512,
    RETIRE_FILES = 64, /* taken out of the window at a time */
};

struct feed {
    struct feed_config config;
    pthread_t thread;
    bool has_thread;
    int (*work)(void *arg); /* without a thread: what takes the files */
    void *work_arg;
    int produced; /* the produce function's result */

    pthread_mutex_t lock;
    pthread_cond_t filled;  /* the queue or the batch has files, or there will be no more */
    pthread_cond_t emptied; /* half of the window is free again, or cancelled */
    bool ended;             /* the producer has returned */
    bool cancelled;
    bool paused;         /* the producer has called work, and adds nothing until it returns */
    bool producer_waits; /* for no more than wake_at files in the window */
    uint64_t wake_at;
    bool retiring;      /* a thread is calling retire */
    unsigned waiters;   /* threads in feed_next */
    uint64_t waited_ns; /* by them; while some are, minus the time at which they began */
    struct stats_listing listing;
    uint64_t added;    /* sequence number of the next file */
    uint64_t retired;  /* sequence number of the next file to retire */
    unsigned queue_at; /* index of the queue's first */
    unsigned queue_len;
    unsigned batch_len;
    struct file **slot;  /* [window] */
    struct file **queue; /* [window] */
    unsigned batch_max;
    uint64_t batches;
    struct file **batch; /* [batch_max] */
};

/* Called with the lock held, after a change of the counters. */
static void check_counters(const struct feed *feed)
{
    assert(feed->retired <= feed->added);
    assert(feed->added - feed->retired <= feed->config.window);
    assert(feed->queue_len + feed->batch_len <= feed->added - feed->retired);
}

static void file_free(struct file *file)
{
    dir_put(file->dir);
    free(file);
}

static void *producer_main(void *arg)
{
    struct feed *feed = arg;
    int status;

    preload_thread_begins();
    status = feed->config.produce(feed, feed->config.arg);
    progress_all_known(feed->config.progress);
    pthread_mutex_lock(&feed->lock);
    feed->produced = status;
    feed->ended = true;
    pthread_cond_broadcast(&feed->filled);
    pthread_mutex_unlock(&feed->lock);
    return NULL;
}

static void feed_free(struct feed *feed)
{
    if (feed) {
        free(feed->listing.slowest);
        free(feed->slot);
        free(feed->queue);
        free(feed->batch);
        free(feed);
    }
}

int feed_start(struct feed **out, const struct feed_config *config)
{
    struct feed *feed = calloc(1, sizeof(*feed));

    if (!feed)
        return -ENOMEM;
    feed->config = *config;
    if (feed->config.window == 0)
        feed->config.window = WINDOW_DEFAULT;
    feed->slot = calloc(feed->config.window, sizeof(struct file *));
    feed->queue = calloc(feed->config.window, sizeof(struct file *));
    /* the more directories take turns, the better; nothing is lost, since hungry readers take all
     */
    feed->batch_max = config->calls_wait ? feed->config.window : BATCH_FILES;
    feed->batch = calloc(feed->batch_max, sizeof(struct file *));
    if (!feed->slot || !feed->queue || !feed->batch) {
        feed_free(feed);
        return -ENOMEM;
    }
    pthread_mutex_init(&feed->lock, NULL);
    pthread_cond_init(&feed->filled, NULL);
    pthread_cond_init(&feed->emptied, NULL);
    progress_attach(config->progress, feed, feed_oldest);
    feed->has_thread = !config->no_thread; /* the thread itself reads it */
    if (feed->has_thread && thread_start(&feed->thread, producer_main, feed) != 0)
        feed->has_thread = false;
    *out = feed;
    return 0;
}

bool feed_has_thread(const struct feed *feed)
{
    return feed->has_thread;
}

/* Called by a producer without a thread, with the lock held: has the files in the window worked
 * on. */
static void pause_for_work(struct feed *feed)
{
    int rc;

    feed->paused = true;
    pthread_mutex_unlock(&feed->lock);
    rc = feed->work(feed->work_arg);
    pthread_mutex_lock(&feed->lock);
    feed->paused = false;
    if (rc < 0)
        feed->cancelled = true;
}

void feed_alternate(struct feed *feed, int (*work)(void *arg), void *arg)
{
    feed->work = work;
    feed->work_arg = arg;
    producer_main(feed);
    work(arg);
}

struct file *feed_file(struct feed *feed, struct dir *dir, const char *name, size_t name_len)
{
    size_t op_at = (sizeof(struct file) + 15) & ~(size_t)15;
    size_t name_at = op_at + feed->config.op_bytes;
    char *raw = malloc(name_at + name_len + 1);
    struct file *file = (struct file *)raw;

    if (!file)
        return NULL;
    memset(raw, 0, name_at);
    memcpy(raw + name_at, name, name_len);
    raw[name_at + name_len] = 0;
    file->dir = dir_get(dir);
    file->name = raw + name_at;
    file->op = raw + op_at;
    return file;
}

static int by_inode(const void *a, const void *b)
{
    const struct file *x = *(struct file *const *)a, *y = *(struct file *const *)b;

    if (x->ino != y->ino)
        return x->ino < y->ino ? -1 : 1;
    return x->seq < y->seq ? -1 : x->seq > y->seq; /* a file's first name is copied, others wait */
}

static int by_turn(const void *a, const void *b)
{
    const struct file *x = *(struct file *const *)a, *y = *(struct file *const *)b;

    if (x->turn != y->turn)
        return x->turn < y->turn ? -1 : 1;
    return x->seq < y->seq ? -1 : x->seq > y->seq;
}

/* Called with the lock held: sorts the batch so that directories take turns. */
static void sort_by_turn(struct feed *feed)
{
    feed->batches++;
    for (unsigned i = 0; i < feed->batch_len; i++) {
        struct file *file = feed->batch[i];
        if (file->dir->batch != feed->batches)
            file->dir->batch_files = 0;
        file->dir->batch = feed->batches;
        file->turn = file->awaited ? 0 : ++file->dir->batch_files;
    }
    qsort(feed->batch, feed->batch_len, sizeof(feed->batch[0]), by_turn);
}

/* Called with the lock held. */
static void flush_batch(struct feed *feed)
{
    if (feed->config.calls_wait)
        sort_by_turn(feed);
    else if (!feed->config.keep_order)
        qsort(feed->batch, feed->batch_len, sizeof(feed->batch[0]), by_inode);
    for (unsigned i = 0; i < feed->batch_len; i++)
        feed->queue[(feed->queue_at + feed->queue_len++) % feed->config.window] = feed->batch[i];
    feed->batch_len = 0;
}

/* Called with the lock held: retires what is done at the head of the window. The lock is given up
 * while the callback runs, and files that get done meanwhile are picked up by the same thread. */
static void retire_ready(struct feed *feed)
{
    struct file *ready[RETIRE_FILES];
    unsigned window = feed->config.window;

    if (feed->retiring)
        return;
    feed->retiring = true;
    for (;;) {
        unsigned n = 0;
        while (n < RETIRE_FILES && feed->retired + n < feed->added) {
            struct file *file = feed->slot[(feed->retired + n) % window];
            assert(file && file->seq == feed->retired + n);
            if (!file->done)
                break;
            feed->slot[(feed->retired + n) % window] = NULL;
            ready[n++] = file;
        }
        if (n == 0)
            break;
        pthread_mutex_unlock(&feed->lock);
        for (unsigned i = 0; i < n; i++) {
            if (feed->config.retire)
                feed->config.retire(ready[i], feed->config.arg);
            file_free(ready[i]);
        }
        pthread_mutex_lock(&feed->lock);
        feed->retired += n;
        check_counters(feed);
        /* not before half of the window is free: waking the producer for every file would cost two
         * context switches a file */
        if (feed->producer_waits && feed->added - feed->retired <= feed->wake_at)
            pthread_cond_signal(&feed->emptied);
    }
    feed->retiring = false;
}

/* Called by the producer with the lock held: waits until at most that many files are in the
 * window. */
static void wait_for_window(struct feed *feed, uint64_t files)
{
    flush_batch(feed);
    if (!feed->has_thread)
        pause_for_work(feed);
    pthread_cond_broadcast(&feed->filled);
    feed->wake_at = files;
    feed->producer_waits = true;
    while (feed->added - feed->retired > files && !feed->cancelled)
        pthread_cond_wait(&feed->emptied, &feed->lock);
    feed->producer_waits = false;
}

uint64_t feed_divide(struct feed *feed)
{
    uint64_t added;

    pthread_mutex_lock(&feed->lock);
    flush_batch(feed);
    added = feed->added;
    pthread_mutex_unlock(&feed->lock);
    return added;
}

bool feed_drain_half(struct feed *feed)
{
    uint64_t files;

    pthread_mutex_lock(&feed->lock);
    files = feed->cancelled ? 0 : feed->added - feed->retired;
    if (files > 0)
        wait_for_window(feed, files / 2);
    pthread_mutex_unlock(&feed->lock);
    return files > 0;
}

/* Gives the file its place in the window, waiting for one. The lock is held after success. */
static int enter_window(struct feed *feed, struct file *file)
{
    unsigned window = feed->config.window;

    pthread_mutex_lock(&feed->lock);
    if (feed->added - feed->retired >= window)
        wait_for_window(feed, window / 2);
    if (feed->cancelled) {
        pthread_mutex_unlock(&feed->lock);
        file_free(file);
        return -ECANCELED;
    }
    file->seq = feed->added++;
    assert(!feed->slot[file->seq % window]);
    feed->slot[file->seq % window] = file;
    check_counters(feed);
    progress_found(feed->config.progress, file);
    return 0;
}

int feed_add(struct feed *feed, struct file *file)
{
    int rc = enter_window(feed, file);

    if (rc < 0)
        return rc;
    assert(feed->batch_len < feed->batch_max);
    feed->batch[feed->batch_len++] = file;
    if (feed->batch_len == feed->batch_max)
        flush_batch(feed);
    if (feed->waiters > 0)
        pthread_cond_signal(&feed->filled);
    pthread_mutex_unlock(&feed->lock);
    return 0;
}

int feed_add_done(struct feed *feed, struct file *file)
{
    int rc = enter_window(feed, file);

    if (rc < 0)
        return rc;
    file->done = true;
    progress_taken(feed->config.progress, file);
    progress_done(feed->config.progress, file);
    retire_ready(feed);
    pthread_mutex_unlock(&feed->lock);
    return 0;
}

int feed_add_held(struct feed *feed, struct file *file)
{
    int rc = enter_window(feed, file);

    if (rc < 0)
        return rc;
    progress_taken(feed->config.progress, file);
    pthread_mutex_unlock(&feed->lock);
    return 0;
}

/* Called with the lock held: tells whether the files are left to the threads that wait for one. */
static bool leaves_files(const struct feed *feed)
{
    return feed->config.calls_wait && feed->waiters > 0 &&
           feed->queue_len + feed->batch_len <= feed->waiters;
}

int feed_next(struct feed *feed, struct file **file, bool wait)
{
    int rc = 0;

    pthread_mutex_lock(&feed->lock);
    for (;;) {
        if (feed->cancelled) {
            rc = -ENODATA;
            break;
        }
        if (!wait && leaves_files(feed)) {
            rc = -EAGAIN;
            break;
        }
        /* hungry readers take an unfinished batch: the producer may be stuck in a slow directory */
        if (feed->queue_len == 0 && feed->batch_len > 0)
            flush_batch(feed);
        if (feed->queue_len > 0) {
            *file = feed->queue[feed->queue_at];
            feed->queue_at = (feed->queue_at + 1) % feed->config.window;
            feed->queue_len--;
            assert(!(*file)->taken && !(*file)->done);
            (*file)->taken = true;
            progress_taken(feed->config.progress, *file);
            break;
        }
        if (feed->ended || feed->paused || !wait) {
            rc = feed->ended || feed->paused ? -ENODATA : -EAGAIN;
            break;
        }
        feed->waiters++;
        feed->waited_ns -= stats_now_ns();
        pthread_cond_wait(&feed->filled, &feed->lock);
        feed->waited_ns += stats_now_ns();
        feed->waiters--;
    }
    pthread_mutex_unlock(&feed->lock);
    return rc;
}

uint64_t feed_waited_ns(struct feed *feed)
{
    uint64_t waited_ns;

    pthread_mutex_lock(&feed->lock);
    waited_ns = feed->waited_ns + feed->waiters * stats_now_ns();
    pthread_mutex_unlock(&feed->lock);
    return waited_ns;
}

void feed_listed(struct feed *feed, const struct dir *dir, uint64_t ns, uint64_t names)
{
    struct stats_listing one = {
        .ns = ns, .directories = 1, .slowest_ns = ns, .slowest_names = names};

    pthread_mutex_lock(&feed->lock);
    if (ns > feed->listing.slowest_ns) {
        one.slowest = malloc(dir->path_len + 1);
        if (one.slowest)
            dir_path_copy(dir, one.slowest);
    }
    stats_add_listing(&feed->listing, &one);
    pthread_mutex_unlock(&feed->lock);
}

void feed_take_listing(struct feed *feed, struct stats_listing *sum)
{
    pthread_mutex_lock(&feed->lock);
    stats_add_listing(sum, &feed->listing);
    feed->listing = (struct stats_listing){0};
    pthread_mutex_unlock(&feed->lock);
}

void feed_done(struct feed *feed, struct file *file)
{
    progress_done(feed->config.progress, file);
    pthread_mutex_lock(&feed->lock);
    /* given back once, and to the feed that it is from */
    assert(!file->done && feed->slot[file->seq % feed->config.window] == file);
    file->done = true;
    retire_ready(feed);
    pthread_mutex_unlock(&feed->lock);
}

char *feed_oldest(struct feed *feed)
{
    char *name = NULL;

    pthread_mutex_lock(&feed->lock);
    for (uint64_t seq = feed->retired; seq < feed->added && !name; seq++) {
        /* NULL: it is being retired */
        const struct file *file = feed->slot[seq % feed->config.window];
        if (file && file->taken && !file->done)
            name = file_path(file);
    }
    pthread_mutex_unlock(&feed->lock);
    return name;
}

void feed_cancel(struct feed *feed)
{
    pthread_mutex_lock(&feed->lock);
    feed->cancelled = true;
    pthread_cond_broadcast(&feed->filled);
    pthread_cond_broadcast(&feed->emptied);
    pthread_mutex_unlock(&feed->lock);
}

int feed_join(struct feed *feed)
{
    int status;

    if (!feed)
        return 0;
    if (feed->has_thread)
        pthread_join(feed->thread, NULL);
    progress_detach(feed->config.progress);
    status = feed->produced;
    assert(!feed->retiring && feed->waiters == 0); /* no engine has the feed any more */
    check_counters(feed);
    assert(feed->cancelled || feed->retired == feed->added);
    /* what a cancelled run left behind */
    for (; feed->retired < feed->added; feed->retired++) {
        struct file *file = feed->slot[feed->retired % feed->config.window];
        assert(file->done || !file->taken); /* else an engine still has it */
        file_free(file);
    }
    pthread_cond_destroy(&feed->emptied);
    pthread_cond_destroy(&feed->filled);
    pthread_mutex_destroy(&feed->lock);
    feed_free(feed);
    return status;
}
