/* walk.c: a tree walk in bytewise order of paths, a directory at a time. See walk.h. */
#define _GNU_SOURCE
#include "walk.h"

#include <errno.h>
#include <fcntl.h>
#include <search.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../base/limits.h"
#include "../base/stats.h"
#include "listing.h"
#include "prefetch.h"
#include "subdirs.h"
#include "../base/retry.h"

enum {
    LOOK_AHEAD = 256,       /* entries */
    PREFETCH_DIRS_MIN = 64, /* with fewer descriptors for directories, prefetch would take all */
};

/* A directory that the walk is in. */
struct level {
    struct dir *dir; /* owned reference */
    struct listing list;
    size_t at;           /* its next entry */
    size_t ahead;        /* of the entries, the operation knows those before this one */
    bool more;           /* there may be entries behind these */
    bool parked;         /* its parent is */
    long waits_before;   /* this thread's, when it was opened */
    uint64_t listing_ns; /* that opening and listing it took */
    uint64_t names;      /* that were found in it */
};

struct walk {
    struct feed *feed;
    const struct walk_opts *opts;
    const struct walk_ops *ops;
    void *arg;
    /* the root first. Not the stack of a recursion: a tree may be deeper than a thread's suffices
     */
    struct level *levels;
    size_t depth, levels_cap;
    void *inodes; /* of the levels, if links are followed: a tree of search.h */
    struct scope scope;
    unsigned dirs_max;         /* to have open, before files are waited for */
    struct prefetch *prefetch; /* from the first cold directory on */
    struct subdirs *subdirs;   /* NULL: calls do not wait for a server */
    /* what getdents64 returned and is not used yet: valid until the walk goes into a subdirectory
     */
    char raw[LISTING_BYTES] __attribute__((aligned(8)));
};

int walk_fail(struct feed *feed, struct dir *dir, const char *name, enum step step, int status)
{
    struct file *file = feed_file(feed, dir, name, strlen(name));

    if (!file)
        return -ENOMEM;
    file_fail(file, step, status);
    return feed_add_done(feed, file);
}

static bool may_prefetch(const struct walk *walk)
{
    return walk->dirs_max >= PREFETCH_DIRS_MIN;
}

/* Sends prefetch into a cold directory's subdirectories, which are likely to be cold too. */
static void prefetch_subdirectories(struct walk *walk, struct dir *dir, const struct listing *list)
{
    if (walk->subdirs && !walk->opts->looks)
        return; /* threads list them already */
    if (!walk->prefetch && may_prefetch(walk))
        walk->prefetch = prefetch_new(walk->dirs_max, &walk->scope);
    /* the first last: the latest request is fulfilled first */
    for (size_t i = list->len; i-- > 0 && walk->prefetch;)
        if (list->entries[i].type == DT_DIR)
            prefetch_request(walk->prefetch, dir, list->names + list->entries[i].name_at);
}

/* Returns how often this thread has waited so far. A directory that was not in the cache makes it
 * wait, whatever the device is. A time would be longer on a busy machine, too. */
static long waits(void)
{
    struct rusage usage;

    getrusage(RUSAGE_THREAD, &usage);
    return usage.ru_nvcsw;
}

static void settle(const struct walk *walk)
{
    if (walk->ops->settle)
        walk->ops->settle(walk->arg);
}

/* Frees descriptors for one more directory by waiting for files in flight. Returns true if none
 * could be freed: then no file is in flight. */
static bool reserve_descriptor(struct walk *walk)
{
    if (dir_open_count() < walk->dirs_max)
        return false;
    if (walk->prefetch)
        prefetch_forget(walk->prefetch);
    for (size_t i = 0; walk->subdirs && i < walk->depth; i++)
        subdirs_drop(walk->subdirs, &walk->levels[i].list);
    for (bool waits = true;; waits = feed_drain_half(walk->feed)) {
        settle(walk);
        if (dir_open_count() < walk->dirs_max)
            return false;
        if (!waits) /* asked once more after false */
            return true;
    }
}

/* Opens a directory. If it may not be read, sets *fail to -EACCES and returns an O_PATH descriptor
 * if the operation wants one. Returns -errno with *step after other errors. */
static int open_dir(const struct walk *walk, const struct dir *parent, const char *name, int *fail,
                    enum step *step)
{
    int flags = O_DIRECTORY | O_CLOEXEC | (parent->may_follow ? 0 : O_NOFOLLOW);
    int fd = openat(parent->fd, name, O_RDONLY | flags);

    *fail = fd < 0 ? -errno : 0;
    *step = STEP_OPEN_DIR;
    if (*fail == -EACCES && walk->ops->enter) {
        fd = openat(parent->fd, name, O_PATH | flags);
        *step = STEP_STAT; /* its name cannot be looked up */
    }
    return fd < 0 ? *fail : fd;
}

static int by_inode(const void *a, const void *b)
{
    const struct dir *x = a, *y = b;

    if (x->dev != y->dev)
        return x->dev < y->dev ? -1 : 1;
    return x->ino == y->ino ? 0 : x->ino < y->ino ? -1 : 1;
}

static bool contains_itself(const struct walk *walk, const struct stat *st)
{
    const struct dir key = {.dev = st->st_dev, .ino = st->st_ino};

    return tfind(&key, &walk->inodes, by_inode) != NULL;
}

/* Makes the struct of a directory that has been opened. Returns NULL if it is left out, with *step
 * and *rc, or if memory is short: then *rc is 0. */
static struct dir *new_dir(struct walk *walk, struct dir *parent, const char *name, int fd,
                           enum step *step, int *rc)
{
    struct stat st = {0};
    struct dir *dir = NULL;

    *rc = 0;
    *step = STEP_STAT;
    if ((walk->opts->follow || walk->opts->one_file_system) && fstat(fd, &st) < 0) {
        *rc = -errno;
    } else if (walk->opts->follow && contains_itself(walk, &st)) {
        *step = STEP_LOOP;
        *rc = -ELOOP;
    } else {
        dir = dir_new(parent, name, fd);
    }
    if (!dir) {
        close(fd);
        return NULL;
    }
    dir->may_follow = walk->opts->follow;
    dir->dev = st.st_dev;
    dir->ino = st.st_ino;
    if (walk->depth == 0) {
        walk->scope = (struct scope){.exclude = walk->opts->exclude,
                                     .root_len = dir->path_len,
                                     .names = walk->opts->looks,
                                     .beside_fd = -1,
                                     .one_device = walk->opts->one_file_system,
                                     .dev = st.st_dev};
    }
    return dir;
}

/* Makes this level the one that the walk is in. Takes it over, unless it fails. */
static int push(struct walk *walk, const struct level *level)
{
    if (walk->depth == walk->levels_cap) {
        size_t cap = walk->levels_cap ? walk->levels_cap * 2 : 16;
        void *levels = realloc(walk->levels, cap * sizeof(struct level));
        if (!levels)
            return -ENOMEM;
        walk->levels = levels;
        walk->levels_cap = cap;
    }
    if (walk->opts->follow && !tsearch(level->dir, &walk->inodes, by_inode))
        return -ENOMEM;
    walk->levels[walk->depth++] = *level;
    return 0;
}

static void drop(const struct walk *walk, struct level *level)
{
    if (walk->subdirs)
        subdirs_drop(walk->subdirs, &level->list);
    listing_free(&level->list);
    dir_put(level->dir);
}

static void pop(struct walk *walk)
{
    struct level *level = &walk->levels[--walk->depth];

    if (walk->opts->follow)
        tdelete(level->dir, &walk->inodes, by_inode);
    drop(walk, level);
}

/* Returns whether a directory's parent can be opened again through it: it must be searchable. If
 * not, nothing in it can be opened either, and the walk gets no deeper. */
static bool leads_up(const struct dir *dir)
{
    struct stat st;

    return fstatat(dir->fd, "..", &st, 0) == 0;
}

/* Has threads look into the directories that the walk will come to, the next ones first. */
static void look_into(const struct walk *walk)
{
    for (size_t i = walk->depth; walk->subdirs && i-- > 0;) {
        const struct level *level = &walk->levels[i];
        if (level->dir->fd < 0 || /* parked */
            !subdirs_start(walk->subdirs, level->dir, &level->list, level->at, walk->dirs_max / 2))
            break;
    }
}

/* Opens the directory of a level, or takes it from the thread that has. *fail: as open_dir. Without
 * level->dir it has been reported, or the walk must end: returns 0 or -errno. */
static int open_level(struct walk *walk, struct dir *parent, const char *name, struct found *entry,
                      struct level *level, int *fail)
{
    enum step step;
    int fd, rc;

    *fail = 0;
    if (walk->subdirs && entry) {
        while (!subdirs_wait(walk->subdirs, entry))
            look_into(walk);
        level->dir = subdirs_take(walk->subdirs, entry, &level->list, &level->more);
    }
    if (level->dir) {
        level->names = level->list.found;
        return 0;
    }
    level->more = true;
    fd = open_dir(walk, parent, name, fail, &step);
    if (fd < 0)
        return walk_fail(walk->feed, parent, name, step, fd);
    level->dir = new_dir(walk, parent, name, fd, &step, &rc);
    if (level->dir)
        return 0;
    return rc < 0 ? walk_fail(walk->feed, parent, name, step, rc) : -ENOMEM;
}

/* Does what follows when the walk is in dir: parks its parent, and has threads look into dir. */
static int entered(struct walk *walk, struct dir *parent, struct dir *dir, bool park)
{
    int rc = 0;

    if (walk->depth == 1 && walk->opts->looks && may_prefetch(walk) && dir->dest_dir &&
        !dir->dest_dir->created)
        walk->scope.beside_fd = fcntl(dir->dest_dir->fd, F_DUPFD_CLOEXEC, 0);
    if (park && leads_up(dir) && (!dir->dest_dir || leads_up(dir->dest_dir))) {
        rc = dir_park(parent);
        walk->levels[walk->depth - 1].parked = rc == 0;
    }
    look_into(walk);
    return rc;
}

/* Goes into a directory. entry: in the listing of parent; NULL: the root. */
static int walk_into(struct walk *walk, struct dir *parent, const char *name, struct found *entry)
{
    /* what a link leads to has another parent to be unparked by */
    bool park = reserve_descriptor(walk) && parent->parent && !(entry && entry->link);
    struct level level = {.waits_before = waits(), .listing_ns = -stats_now_ns()};
    int fail, rc = open_level(walk, parent, name, entry, &level, &fail);
    struct dir *dir = level.dir;

    level.listing_ns += stats_now_ns();
    if (!dir)
        return rc;
    if (walk->ops->enter)
        rc = walk->ops->enter(walk->feed, dir, name, walk->arg);
    if (rc == 0 && fail < 0)
        rc = walk_fail(walk->feed, parent, name, STEP_OPEN_DIR, fail);
    else if (rc == 0 && (!walk->scope.one_device || dir->dev == walk->scope.dev))
        rc = 1;
    else if (rc > 0)
        rc = 0;
    if (rc == 1) {
        rc = push(walk, &level);
        if (rc == 0)
            return entered(walk, parent, dir, park);
    }
    drop(walk, &level);
    return rc;
}

/* Leaves the directory, after all that is in it has been found. */
static int walk_out(struct walk *walk)
{
    const struct level *level = &walk->levels[walk->depth - 1];
    int rc = 0;

    feed_listed(walk->feed, level->dir, level->listing_ns, level->names);
    if (level->parked) {
        /* with its files done, the descriptor of this directory goes, too */
        (void)reserve_descriptor(walk);
        rc = dir_unpark(level->dir->parent, level->dir);
    }
    pop(walk);
    return rc;
}

static int walk_entry(struct walk *walk, struct dir *dir, struct found *entry, const char *name)
{
    int rc = listing_stat(walk->opts, dir->fd, name, entry);

    if (rc < 0)
        return walk_fail(walk->feed, dir, name, STEP_STAT, rc);
    if (entry->type == DT_DIR)
        return walk_into(walk, dir, name, entry);
    return walk->ops->entry(walk->feed, dir, name, entry->type, entry->ino, walk->arg);
}

/* Tells the operation of the entries that the walk will come to. */
static void look_ahead(const struct walk *walk, struct level *level)
{
    const struct listing *list = &level->list;

    for (; level->ahead < list->len && level->ahead < level->at + LOOK_AHEAD; level->ahead++)
        walk->ops->ahead(level->dir, list->names + list->entries[level->ahead].name_at, walk->arg);
}

/* Goes on to the next entry, below or above, or reads the next ones. */
static int walk_on(struct walk *walk)
{
    struct level *level = &walk->levels[walk->depth - 1];
    struct listing *list = &level->list;
    struct dir *dir = level->dir;
    int more;

    if (level->at < list->len) {
        struct found *entry = &list->entries[level->at++];
        if (walk->ops->ahead)
            look_ahead(walk, level);
        return walk_entry(walk, dir, entry, list->names + entry->name_at);
    }
    if (!level->more)
        return walk_out(walk);
    level->listing_ns -= stats_now_ns();
    more = listing_read(list, dir, walk->opts, walk->scope.root_len, walk->raw);
    level->listing_ns += stats_now_ns();
    level->names += list->found;
    level->at = level->ahead = 0;
    level->more = more > 0;
    if (waits() != level->waits_before)
        prefetch_subdirectories(walk, dir, list);
    if (more >= 0) {
        look_into(walk);
        return 0;
    }
    list->len = 0;
    return walk_fail(walk->feed, dir->parent, dir->name, STEP_READ_DIR, more);
}

int walk_tree(struct feed *feed, struct dir *parent, const char *name, const struct walk_opts *opts,
              const struct walk_ops *ops, void *arg)
{
    struct walk *walk = malloc(sizeof(*walk));
    int rc;

    if (!walk)
        return -ENOMEM;
    walk->feed = feed;
    walk->opts = opts;
    walk->ops = ops;
    walk->arg = arg;
    walk->levels = NULL;
    walk->depth = walk->levels_cap = 0;
    walk->inodes = NULL;
    walk->prefetch = NULL;
    walk->subdirs = NULL;
    walk->scope.beside_fd = -1;
    /* a quarter of the descriptors: engine_run keeps its part, and the program has some */
    walk->dirs_max = limits_descriptors() / 4;
    rc = walk_into(walk, parent, name, NULL);
    if (rc == 0 && walk->depth > 0 && opts->pool && walk->dirs_max >= 4 * SUBDIRS_MAX)
        walk->subdirs = subdirs_new(opts, ops, arg, walk->levels[0].dir);
    while (rc == 0 && walk->depth > 0)
        rc = walk_on(walk);
    settle(walk);
    while (walk->depth > 0)
        pop(walk);
    subdirs_free(walk->subdirs);
    prefetch_free(walk->prefetch);
    if (walk->scope.beside_fd >= 0)
        close(walk->scope.beside_fd);
    free(walk->levels);
    free(walk);
    return rc;
}
