/* ahead.c: see ahead.h. */
#define _GNU_SOURCE
#include "ahead.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include "../base/pool.h"
#include "names.h"
#include "nonregular.h"
#include "update.h"
#include "../base/retry.h"

enum {
    /* More than the threads that look: what they have found must still be cached when the producer
     * comes to it. */
    OPERANDS_AHEAD = 64,
};

/* A name that the producer will come to. */
struct look {
    TAILQ_ENTRY(look) entry; /* the producer's, as is the list */
    struct dir *dir;         /* owned reference, until the look is over */
    const struct dir *of;    /* the same, to be compared only */
    bool follow;
    bool missing; /* it is known that there is nothing at the destination */
    int dest_fd;  /* -1: nothing can be there, or it is not asked for */
    const char *dest_name;
    enum { LOOK_WAITS, LOOK_MISSING, LOOK_OTHER, LOOK_DROPPED } _Atomic result;
    char name[];
};

void ahead_start(struct copy *copy)
{
    if (copy->threads_ahead > 0)
        copy->pool = pool_new(copy->threads_ahead);
}

/* Takes a look off the list. Returns whether there was nothing at the destination. */
static bool drop(struct copy *copy, struct look *at)
{
    bool missing = at->missing;
    int result;

    TAILQ_REMOVE(&copy->looks, at, entry);
    result = atomic_exchange(&at->result, LOOK_DROPPED);
    if (result != LOOK_WAITS)
        free(at);
    return missing || result == LOOK_MISSING;
}

void ahead_settle(void *arg)
{
    struct copy *copy = arg;

    if (copy->pool)
        pool_wait(copy->pool);
    while (!TAILQ_EMPTY(&copy->looks))
        (void)drop(copy, TAILQ_FIRST(&copy->looks));
}

void ahead_end(struct copy *copy)
{
    ahead_settle(copy);
    pool_free(copy->pool);
    copy->pool = NULL;
}

static void look(void *arg)
{
    struct look *at = arg;
    int result = LOOK_OTHER;
    struct stat st;

    (void)fstatat(at->dir->fd, at->name, &st, at->follow ? 0 : AT_SYMLINK_NOFOLLOW);
    if (at->dest_fd != -1 && fstatat(at->dest_fd, at->dest_name, &st, AT_SYMLINK_NOFOLLOW) < 0 &&
        errno == ENOENT)
        result = LOOK_MISSING;
    dir_put(at->dir);
    if (atomic_exchange(&at->result, result) == LOOK_DROPPED)
        free(at);
}

/* Makes a look at name in dir, and at nothing else yet. Returns NULL if memory is short. */
static struct look *look_new(struct dir *dir, const char *name)
{
    size_t len = strlen(name) + 1;
    struct look *at = malloc(sizeof(*at) + len);

    if (!at)
        return NULL;
    *at = (struct look){.dir = dir_get(dir), .of = dir, .dest_fd = -1};
    memcpy(at->name, name, len);
    return at;
}

static void start(struct copy *copy, struct look *at)
{
    TAILQ_INSERT_TAIL(&copy->looks, at, entry);
    pool_add(copy->pool, look, at);
}

void ahead_look(struct dir *dir, const char *name, void *arg)
{
    struct copy *copy = arg;
    const struct dir *to = dir->dest_dir;
    struct look *at = copy->pool ? look_new(dir, name) : NULL;

    if (!at)
        return;
    at->missing = to && to->names && !names_have(to->names, name);
    at->dest_name = at->name;
    if (to && !to->created && !at->missing)
        at->dest_fd = to->fd;
    start(copy, at);
}

void ahead_operands(struct copy *copy, struct dir *dir, size_t next, bool dest)
{
    for (; copy->pool && copy->operands_ahead < copy->source_count &&
           copy->operands_ahead < next + OPERANDS_AHEAD;
         copy->operands_ahead++) {
        const struct copy_source *source = &copy->sources[copy->operands_ahead];
        struct look *at = look_new(dir, source->name);
        if (!at)
            return;
        at->follow = copy->opts.follow != FOLLOW_NEVER;
        at->dest_name = source->to_name;
        if (dest)
            at->dest_fd = source->to->fd;
        start(copy, at);
    }
}

bool ahead_missing(struct copy *copy, const struct dir *dir, const char *name)
{
    struct look *at, *next;

    for (at = TAILQ_FIRST(&copy->looks); at; at = next) {
        bool found = at->of == dir && strcmp(at->name, name) == 0;
        next = TAILQ_NEXT(at, entry);
        if (found)
            return drop(copy, at);
        if (at->of == dir) /* the producer has passed it */
            (void)drop(copy, at);
    }
    return false;
}

/* A file that another thread completes. */
struct held {
    struct copy *copy;
    struct feed *feed;
    struct file *file;
    void (*work)(const struct held *held);
    struct stat st, at;
};

static void complete(void *arg)
{
    struct held *held = arg;

    held->work(held);
    feed_done(held->feed, held->file);
    free(held);
}

/* Has a thread do the work; without memory this one does it. Afterwards the file is done. Returns 0
 * or -errno to end the walk. */
static int hold(const struct held *like)
{
    struct held *held = malloc(sizeof(*held));
    int rc;

    if (!held) {
        like->work(like);
        return feed_add_done(like->feed, like->file);
    }
    *held = *like;
    rc = feed_add_held(like->feed, like->file);
    if (rc == 0)
        pool_add(like->copy->pool, complete, held);
    else
        free(held);
    return rc;
}

static void compare(const struct held *held)
{
    update_attributes(held->copy, held->file, &held->st, &held->at);
}

int ahead_attributes(struct copy *copy, struct feed *feed, struct file *file, const struct stat *st,
                     const struct stat *at)
{
    return hold(&(struct held){copy, feed, file, compare, *st, *at});
}

static void make(const struct held *held)
{
    bool made = nonregular_copy(held->copy, held->file);

    assert(made); /* it waits for nothing: in_any_order */
}

/* Tells whether its copy may be made in any order: nothing is asked, and it has no other name that
 * may decide about this one. An operand can be another one's destination, and an earlier one may
 * read what was there. */
static bool in_any_order(const struct copy *copy, struct file *file)
{
    const struct copy_opts *opts = &copy->opts;
    const struct item *op = file->op;
    struct stat st;

    if (!op->to->created && atomic_load(&copy->retired) < op->earlier)
        return false;
    if (!file->dir->dest_dir || opts->replace != REPLACE_ALL || opts->dry_run)
        return false;
    return opts->update == UPDATE_ALL ||
           (fstatat(file->dir->fd, file->name, &st, AT_SYMLINK_NOFOLLOW) == 0 && st.st_nlink == 1);
}

int ahead_nonregular(struct copy *copy, struct feed *feed, struct file *file)
{
    bool waits = true; /* asked once more after false: the file may have ended before that */

    if (copy->pool && in_any_order(copy, file))
        return hold(&(struct held){.copy = copy, .feed = feed, .file = file, .work = make});
    while (!nonregular_copy(copy, file) && waits)
        waits = feed_drain_half(feed);
    return feed_add_done(feed, file);
}
