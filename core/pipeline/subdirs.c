/* subdirs.c: see subdirs.h. */
#define _GNU_SOURCE
#include "subdirs.h"

#include <assert.h>
#include <dirent.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../base/pool.h"
#include "../base/retry.h"

struct subdir {
    struct subdirs *all;
    struct dir *parent; /* owned reference */
    const char *name;   /* in the listing of parent */
    bool done;          /* the thread has left it; with all->lock */
    /* then */
    struct dir *dir; /* owned reference; NULL: the walk must look itself */
    struct listing list;
    bool more;
};

struct subdirs {
    const struct walk_opts *opts;
    const struct walk_ops *ops;
    void *arg;
    size_t root_len;
    uint64_t dev;   /* of the root, with one_file_system */
    unsigned count; /* entries that have one */
    pthread_mutex_t lock;
    pthread_cond_t left;
    uint64_t ready, ready_seen; /* so far; at the end of the last subdirs_wait */
};

struct subdirs *subdirs_new(const struct walk_opts *opts, const struct walk_ops *ops, void *arg,
                            const struct dir *root)
{
    struct subdirs *subdirs = calloc(1, sizeof(*subdirs));

    assert(opts->pool && !opts->follow);
    if (!subdirs)
        return NULL;
    subdirs->opts = opts;
    subdirs->ops = ops;
    subdirs->arg = arg;
    subdirs->root_len = root->path_len;
    subdirs->dev = root->dev;
    pthread_mutex_init(&subdirs->lock, NULL);
    pthread_cond_init(&subdirs->left, NULL);
    return subdirs;
}

void subdirs_free(struct subdirs *subdirs)
{
    if (!subdirs)
        return;
    assert(subdirs->count == 0);
    pthread_cond_destroy(&subdirs->left);
    pthread_mutex_destroy(&subdirs->lock);
    free(subdirs);
}

/* Opens the directory. Returns NULL if that fails, or if it is the walk's to judge. */
static struct dir *open_subdir(const struct subdir *subdir)
{
    const struct subdirs *all = subdir->all;
    int fd = openat(subdir->parent->fd, subdir->name,
                    O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    struct dir *dir = fd < 0 ? NULL : dir_new(subdir->parent, subdir->name, fd);
    struct stat st;

    if (!dir) {
        if (fd >= 0)
            close(fd);
        return NULL;
    }
    if (all->opts->one_file_system) {
        if (fstat(fd, &st) < 0 || st.st_dev != all->dev) {
            dir_put(dir);
            return NULL;
        }
        dir->dev = st.st_dev;
    }
    return dir;
}

static void look(void *arg)
{
    struct subdir *subdir = arg;
    struct subdirs *all = subdir->all;
    struct dir *dir = open_subdir(subdir);
    char *raw = dir ? malloc(LISTING_BYTES) : NULL;
    int more = raw ? listing_read(&subdir->list, dir, all->opts, all->root_len, raw) : -1;

    free(raw);
    if (more < 0) {
        listing_free(&subdir->list);
        dir_put(dir);
        dir = NULL;
    } else if (all->ops->prepare) {
        all->ops->prepare(dir, subdir->name, all->arg);
    }
    pthread_mutex_lock(&all->lock);
    subdir->dir = dir;
    subdir->more = more > 0;
    subdir->done = true;
    all->ready++;
    pthread_cond_signal(&all->left);
    pthread_mutex_unlock(&all->lock);
}

static bool is_done(struct subdir *subdir)
{
    bool done;

    pthread_mutex_lock(&subdir->all->lock);
    done = subdir->done;
    pthread_mutex_unlock(&subdir->all->lock);
    return done;
}

bool subdirs_start(struct subdirs *subdirs, struct dir *dir, const struct listing *list,
                   size_t from, unsigned dirs_max)
{
    for (size_t i = from; i < list->len; i++) {
        struct found *entry = &list->entries[i];
        struct subdir *subdir = entry->subdir;
        if (entry->type != DT_DIR)
            continue;
        if (subdir) {
            /* not deeper than SUBDIRS_MAX */
            if (is_done(subdir) && subdir->dir &&
                !subdirs_start(subdirs, subdir->dir, &subdir->list, 0, dirs_max))
                return false;
            continue;
        }
        if (subdirs->count == SUBDIRS_MAX || dir_open_count() >= dirs_max)
            return false;
        subdir = calloc(1, sizeof(*subdir));
        if (!subdir)
            return false;
        subdir->all = subdirs;
        subdir->parent = dir_get(dir);
        subdir->name = list->names + entry->name_at;
        entry->subdir = subdir;
        subdirs->count++;
        pool_add(subdirs->opts->pool, look, subdir);
    }
    return true;
}

bool subdirs_wait(struct subdirs *subdirs, const struct found *entry)
{
    const struct subdir *subdir = entry->subdir;
    bool done;

    if (!subdir)
        return true;
    pthread_mutex_lock(&subdirs->lock);
    while (!subdir->done && subdirs->ready == subdirs->ready_seen)
        pthread_cond_wait(&subdirs->left, &subdirs->lock);
    subdirs->ready_seen = subdirs->ready;
    done = subdir->done;
    pthread_mutex_unlock(&subdirs->lock);
    return done;
}

struct dir *subdirs_take(struct subdirs *subdirs, struct found *entry, struct listing *list,
                         bool *more)
{
    struct subdir *subdir = entry->subdir;
    struct dir *dir;

    if (!subdir)
        return NULL;
    assert(is_done(subdir) && subdirs->count > 0);
    subdirs->count--;
    entry->subdir = NULL;
    dir = subdir->dir;
    *list = subdir->list;
    *more = subdir->more;
    dir_put(subdir->parent);
    free(subdir);
    return dir;
}

void subdirs_drop(struct subdirs *subdirs, const struct listing *list)
{
    for (size_t i = 0; i < list->len; i++) {
        struct listing below = {0};
        struct dir *dir;
        bool more;
        while (!subdirs_wait(subdirs, &list->entries[i]))
            ;
        dir = subdirs_take(subdirs, &list->entries[i], &below, &more);
        subdirs_drop(subdirs, &below);
        listing_free(&below);
        dir_put(dir);
    }
}
