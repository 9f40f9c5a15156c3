/* ahead.c: see ahead.h. */
#define _GNU_SOURCE
#include "ahead.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "../base/pool.h"
#include "update.h"
#include "../base/retry.h"

enum {
    /* More than the threads that look: what they have found must still be cached when the producer
     * comes to it. */
    OPERANDS_AHEAD = 64,
};

void ahead_start(struct copy *copy)
{
    if (copy->threads_ahead > 0)
        copy->pool = pool_new(copy->threads_ahead);
}

void ahead_end(struct copy *copy)
{
    pool_free(copy->pool);
    copy->pool = NULL;
}

/* A name that the walk will come to. */
struct look {
    struct dir *dir; /* owned reference */
    int dest_fd;     /* -1: nothing can be there */
    char name[];
};

static void look(void *arg)
{
    struct look *at = arg;
    struct stat st;

    (void)fstatat(at->dir->fd, at->name, &st, AT_SYMLINK_NOFOLLOW);
    if (at->dest_fd != -1)
        (void)fstatat(at->dest_fd, at->name, &st, AT_SYMLINK_NOFOLLOW);
    dir_put(at->dir);
    free(at);
}

void ahead_look(struct dir *dir, const char *name, void *arg)
{
    struct copy *copy = arg;
    const struct dir *to = dir->dest_dir;
    size_t len = strlen(name) + 1;
    struct look *at = copy->pool ? malloc(sizeof(*at) + len) : NULL;

    if (!at)
        return;
    at->dir = dir_get(dir);
    at->dest_fd = to && !to->created ? to->fd : -1;
    memcpy(at->name, name, len);
    pool_add(copy->pool, look, at);
}

/* An operand that the producer will come to. */
struct operand {
    const struct copy_source *source;
    bool follow;
    bool dest; /* is looked at, too */
};

static void look_operand(void *arg)
{
    struct operand *at = arg;
    const struct copy_source *source = at->source;
    struct stat st;

    (void)fstatat(AT_FDCWD, source->name, &st, at->follow ? 0 : AT_SYMLINK_NOFOLLOW);
    if (at->dest && source->to->fd != -1)
        (void)fstatat(source->to->fd, source->to_name, &st, AT_SYMLINK_NOFOLLOW);
    free(at);
}

void ahead_operands(struct copy *copy, size_t next, bool dest)
{
    for (; copy->pool && copy->operands_ahead < copy->source_count &&
           copy->operands_ahead < next + OPERANDS_AHEAD;
         copy->operands_ahead++) {
        struct operand *at = malloc(sizeof(*at));
        if (!at)
            return;
        *at = (struct operand){&copy->sources[copy->operands_ahead],
                               copy->opts.follow != FOLLOW_NEVER, dest};
        pool_add(copy->pool, look_operand, at);
    }
}

void ahead_settle(void *arg)
{
    struct copy *copy = arg;

    if (copy->pool)
        pool_wait(copy->pool);
}

/* A file whose attributes are compared. */
struct left {
    struct copy *copy;
    struct feed *feed;
    struct file *file;
    struct stat st, at;
};

static void compare(void *arg)
{
    struct left *left = arg;

    update_attributes(left->copy, left->file, &left->st, &left->at);
    feed_done(left->feed, left->file);
    free(left);
}

int ahead_attributes(struct copy *copy, struct feed *feed, struct file *file, const struct stat *st,
                     const struct stat *at)
{
    struct left *left = malloc(sizeof(*left));
    int rc;

    if (!left) {
        update_attributes(copy, file, st, at);
        return feed_add_done(feed, file);
    }
    *left = (struct left){copy, feed, file, *st, *at};
    rc = feed_add_held(feed, file);
    if (rc == 0)
        pool_add(copy->pool, compare, left);
    else
        free(left);
    return rc;
}
