/* walk.c: a tree walk in bytewise order of paths, without recursion on symbolic links. See walk.h.
 */
#define _GNU_SOURCE
#include "walk.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "scout.h"

enum {
    SCOUT_DIRS_MIN = 64, /* with fewer descriptors for directories, scouts would take them all */
};

struct entry {
    uint64_t ino;
    size_t name_at; /* in the listing's names */
    unsigned char type;
};

/* Part of a directory: as many entries as are sorted at a time. */
struct listing {
    struct entry *entries;
    size_t len, cap;
    char *names;
    size_t names_len, names_cap;
};

struct walk {
    struct feed *feed;
    const struct walk_ops *ops;
    void *arg;
    unsigned dirs_max;     /* to have open, before files are waited for */
    struct scouts *scouts; /* from the first cold directory on */
    /* what getdents64 returned and is not used yet: valid until the walk goes into a subdirectory
     */
    char raw[64 * 1024] __attribute__((aligned(8)));
};

int walk_fail(struct feed *feed, struct dir *dir, const char *name, enum step step, int status)
{
    struct file *file = feed_file(feed, dir, name, strlen(name));

    if (!file)
        return -ENOMEM;
    file_fail(file, step, status);
    return feed_add_done(feed, file);
}

static int listing_add(struct listing *list, const struct dirent64 *dirent)
{
    size_t name_len = strlen(dirent->d_name) + 1;

    if (list->len == list->cap) {
        size_t cap = list->cap ? list->cap * 2 : 32;
        void *entries = realloc(list->entries, cap * sizeof(struct entry));
        if (!entries)
            return -ENOMEM;
        list->entries = entries;
        list->cap = cap;
    }
    if (list->names_len + name_len > list->names_cap) {
        size_t cap = (list->names_cap + name_len) * 2;
        void *names = realloc(list->names, cap);
        if (!names)
            return -ENOMEM;
        list->names = names;
        list->names_cap = cap;
    }
    memcpy(list->names + list->names_len, dirent->d_name, name_len);
    list->entries[list->len++] = (struct entry){
        .ino = dirent->d_ino, .name_at = list->names_len, .type = dirent->d_type};
    list->names_len += name_len;
    return 0;
}

/* Bytewise by path: what is in a directory sorts as if its name ended in a slash. */
static int by_path(const void *a, const void *b, void *names)
{
    const struct entry *x = a, *y = b;
    const unsigned char *p = (const unsigned char *)names + x->name_at;
    const unsigned char *q = (const unsigned char *)names + y->name_at;

    while (*p && *p == *q) {
        p++;
        q++;
    }
    int c = *p ? *p : x->type == DT_DIR ? '/' : 0;
    int d = *q ? *q : y->type == DT_DIR ? '/' : 0;
    return c - d;
}

/* Reads the next entries of a directory. Returns 1 if there may be more, 0 at the end, -errno. */
static int listing_read(struct listing *list, struct walk *walk, int fd)
{
    ssize_t got = 1;

    list->len = 0;
    list->names_len = 0;
    while (list->len < WALK_SORT_MAX && (got = getdents64(fd, walk->raw, sizeof(walk->raw))) > 0) {
        for (ssize_t at = 0; at < got;) {
            const struct dirent64 *dirent = (const struct dirent64 *)(walk->raw + at);
            at += dirent->d_reclen;
            if (strcmp(dirent->d_name, ".") == 0 || strcmp(dirent->d_name, "..") == 0)
                continue;
            if (listing_add(list, dirent) < 0)
                return -ENOMEM;
        }
    }
    if (got < 0)
        return -errno;
    for (size_t i = 0; i < list->len; i++) {
        struct entry *entry = &list->entries[i];
        struct stat st;
        const char *name = list->names + entry->name_at;
        /* some filesystems do not say what an entry is */
        if (entry->type == DT_UNKNOWN && fstatat(fd, name, &st, AT_SYMLINK_NOFOLLOW) == 0)
            entry->type = IFTODT(st.st_mode);
    }
    if (list->len > 1)
        qsort_r(list->entries, list->len, sizeof(struct entry), by_path, list->names);
    return got > 0;
}

/* Sends scouts into a cold directory's subdirectories, which are likely to be cold too. */
static void send_scouts(struct walk *walk, struct dir *dir, const struct listing *list)
{
    if (!walk->scouts && walk->dirs_max >= SCOUT_DIRS_MIN)
        walk->scouts = scouts_new(walk->dirs_max);
    /* the first last: the latest wish is fulfilled first */
    for (size_t i = list->len; i-- > 0 && walk->scouts;)
        if (list->entries[i].type == DT_DIR)
            scouts_visit(walk->scouts, dir, list->names + list->entries[i].name_at);
}

/* How often this thread has waited so far. That it did tells a directory that was not in the cache
 * from one that was, whatever the device; a time would tell a busy machine, too. */
static long waits(void)
{
    struct rusage usage;

    getrusage(RUSAGE_THREAD, &usage);
    return usage.ru_nvcsw;
}

static int walk_into(struct walk *walk, struct dir *parent, const char *name);

static int walk_entry(struct walk *walk, struct dir *dir, const struct entry *entry,
                      const char *name)
{
    struct stat st;

    if (entry->type == DT_DIR)
        return walk_into(walk, dir, name);
    if (entry->type == DT_UNKNOWN && fstatat(dir->fd, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
        return walk_fail(walk->feed, dir, name, STEP_STAT, -errno);
    return walk->ops->entry(walk->feed, dir, name, entry->type, entry->ino, walk->arg);
}

static int walk_dir(struct walk *walk, struct dir *dir, const char *name, long waits_before)
{
    struct listing list = {0};
    int more, rc = 0;

    do {
        more = listing_read(&list, walk, dir->fd);
        if (waits() != waits_before)
            send_scouts(walk, dir, &list);
        if (more < 0)
            rc = walk_fail(walk->feed, dir->parent, name, STEP_READ_DIR, more);
        for (size_t i = 0; i < list.len && more >= 0 && rc == 0; i++)
            rc = walk_entry(walk, dir, &list.entries[i], list.names + list.entries[i].name_at);
    } while (more > 0 && rc == 0);
    free(list.entries);
    free(list.names);
    return rc;
}

/* Sees to it that there are descriptors for one more directory. Files that are under way keep
 * theirs open, so some are waited for. Returns whether that was not enough: then none is under way.
 */
static bool crowded(struct walk *walk)
{
    if (dir_open_count() < walk->dirs_max)
        return false;
    if (walk->scouts)
        scouts_forget(walk->scouts);
    while (dir_open_count() >= walk->dirs_max)
        if (!feed_drain_half(walk->feed))
            return true;
    return false;
}

static int walk_into(struct walk *walk, struct dir *parent, const char *name)
{
    int flags = O_RDONLY | O_DIRECTORY | O_CLOEXEC | (parent->may_follow ? 0 : O_NOFOLLOW);
    bool park = crowded(walk) && parent->parent;
    long waits_before = waits();
    int fd = openat(parent->fd, name, flags);
    struct dir *dir;
    int rc = 0;

    if (fd < 0)
        return walk_fail(walk->feed, parent, name, STEP_OPEN_DIR, -errno);
    dir = dir_new(parent, name, fd);
    if (!dir) {
        close(fd);
        return -ENOMEM;
    }
    if (walk->ops->enter)
        rc = walk->ops->enter(walk->feed, dir, name, walk->arg);
    if (rc == 0) {
        if (park)
            rc = dir_park(parent);
        if (rc == 0)
            rc = walk_dir(walk, dir, name, waits_before);
        if (park && rc == 0) {
            (void)crowded(
                walk); /* dir is about to go: with its files done its descriptor goes, too */
            rc = dir_unpark(parent, dir);
        }
    }
    dir_put(dir);
    return rc < 0 ? rc : 0;
}

int walk_tree(struct feed *feed, struct dir *parent, const char *name, const struct walk_ops *ops,
              void *arg)
{
    struct walk *walk = malloc(sizeof(*walk));
    struct rlimit limit;
    int rc;

    if (!walk)
        return -ENOMEM;
    walk->feed = feed;
    walk->ops = ops;
    walk->arg = arg;
    walk->scouts = NULL;
    /* a quarter of the descriptors: engine_run keeps its part, and the program has some */
    walk->dirs_max = UINT_MAX;
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur / 4 < UINT_MAX)
        walk->dirs_max = (unsigned)(limit.rlim_cur / 4);
    rc = walk_into(walk, parent, name);
    scouts_free(walk->scouts);
    free(walk);
    return rc;
}
