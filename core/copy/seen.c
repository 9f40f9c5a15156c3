/* seen.c: what several operands lead to. See seen.h. */
#define _GNU_SOURCE
#include "seen.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <search.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "entry.h"
#include "overwrite.h"
#include "../base/retry.h"

/* An operand, as an entry of the directory with that inode. */
struct seen_entry {
    dev_t dev;
    ino_t ino;
    const char *base;    /* the caller's */
    const char *to_name; /* the caller's */
};

/* The directory that the last operand is in: the first len bytes of its name. */
struct seen_parent {
    const char *name; /* the caller's */
    size_t len;
    dev_t dev;
    ino_t ino;
};

/* An operand with that inode; a directory's with the place that it went to. */
struct seen_inode {
    dev_t dev;
    ino_t ino;
    char to_path[];
};

/* Where operands go, and the last copy that one of them has made there. */
struct seen_place {
    const char *to_name; /* the caller's */
    bool made;
    dev_t dev;
    ino_t ino;
};

static int by_inode(dev_t a_dev, ino_t a_ino, dev_t b_dev, ino_t b_ino)
{
    if (a_dev != b_dev)
        return a_dev < b_dev ? -1 : 1;
    return a_ino == b_ino ? 0 : a_ino < b_ino ? -1 : 1;
}

static int by_entry(const void *a, const void *b)
{
    const struct seen_entry *x = a, *y = b;
    int order = by_inode(x->dev, x->ino, y->dev, y->ino);

    return order ? order : strcmp(x->base, y->base);
}

static int by_file(const void *a, const void *b)
{
    const struct seen_inode *x = a, *y = b;

    return by_inode(x->dev, x->ino, y->dev, y->ino);
}

static int by_place(const void *a, const void *b)
{
    const struct seen_place *x = a, *y = b;

    return strcmp(x->to_name, y->to_name);
}

/* Notes an inode in a tree. Returns 1 if it has been noted before, 0 or -ENOMEM. */
static int note(void **tree, const struct stat *st, const char *to_path)
{
    size_t path_bytes = strlen(to_path) + 1;
    struct seen_inode *inode = malloc(sizeof(*inode) + path_bytes), **at;

    if (!inode)
        return -ENOMEM;
    inode->dev = st->st_dev;
    inode->ino = st->st_ino;
    memcpy(inode->to_path, to_path, path_bytes);
    at = tsearch(inode, tree, by_file);
    if (at && *at == inode)
        return 0;
    free(inode);
    return at ? 1 : -ENOMEM;
}

/* Opens the directory above the one that is open as fd, which is closed. */
static int up(int fd)
{
    int above = openat(fd, "..", O_PATH | O_DIRECTORY | O_CLOEXEC);

    close(fd);
    return above;
}

/* Notes an open directory and all above it. Those above one that has been noted have been, too.
 * Closes it. Returns 0 or -ENOMEM. */
static int note_above(struct copy *copy, int fd)
{
    struct stat st;
    int rc = 0;

    while (rc == 0 && fd >= 0 && fstat(fd, &st) == 0) {
        rc = note(&copy->above, &st, "");
        fd = up(fd);
    }
    if (fd >= 0)
        close(fd);
    return rc < 0 ? rc : 0;
}

int seen_note_directory(struct copy *copy, const char *name)
{
    return note_above(copy, openat(AT_FDCWD, name, O_PATH | O_DIRECTORY | O_CLOEXEC));
}

bool seen_in_directory(const struct copy *copy, const struct stat *st)
{
    return tfind(&(struct seen_inode){.dev = st->st_dev, .ino = st->st_ino}, &copy->above, by_file);
}

/* Sets dev and ino to those of the directory that an operand is in. Mostly it is that of the
 * operand before, which is not looked up again. */
static int find_parent(struct copy *copy, const char *name, struct seen_entry *entry)
{
    size_t len = (size_t)(entry_base(name) - name);
    struct seen_parent *last = copy->last_parent;
    struct stat st;

    if (!last || last->len != len || memcmp(last->name, name, len) != 0) {
        if (entry_parent(copy->cwd, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
            return -errno;
        if (copy->opts.recursive && note_above(copy, entry_open_parent(name)) < 0)
            return -ENOMEM;
        last = realloc(last, sizeof(*last));
        if (!last)
            return -ENOMEM;
        *last = (struct seen_parent){name, len, st.st_dev, st.st_ino};
        copy->last_parent = last;
    }
    entry->dev = last->dev;
    entry->ino = last->ino;
    return 0;
}

/* Tells whether the copies of two operands that are one entry are one, too. With --parents, a
 * symbolic link to a directory above them may lead to two places. */
static bool is_one_copy(const struct copy *copy, const char *to_name,
                        const struct copy_source *source)
{
    return !copy->opts.parents || !copy->opts.listed ||
           entry_same(source->to, to_name, source->to, source->to_name, 0);
}

int seen_entry(struct copy *copy, const struct copy_source *source)
{
    struct seen_entry *entry = malloc(sizeof(*entry)), **at;
    bool seen;
    int rc;

    if (!entry)
        return -ENOMEM;
    entry->base = entry_base(source->name);
    entry->to_name = source->to_name;
    rc = find_parent(copy, source->name, entry);
    if (rc < 0) {
        free(entry);
        return rc == -ENOMEM ? -ENOMEM : 0;
    }
    at = tsearch(entry, &copy->entries, by_entry);
    seen = at && *at != entry;
    if (!at || seen)
        free(entry);
    return at ? seen && is_one_copy(copy, (*at)->to_name, source) : -ENOMEM;
}

int seen_inode(struct copy *copy, const struct stat *st)
{
    return note(&copy->inodes, st, "");
}

int seen_note_made(struct copy *copy, int fd)
{
    struct stat st;
    int rc = fstat(fd, &st) < 0 ? -errno : note(&copy->made, &st, "");

    return rc < 0 ? rc : 0;
}

bool seen_made(const struct copy *copy, const struct stat *st)
{
    return tfind(&(struct seen_inode){.dev = st->st_dev, .ino = st->st_ino}, &copy->made, by_file);
}

int seen_top(struct copy *copy, const struct stat *made)
{
    int rc = note(&copy->tops, made, "");

    return rc < 0 ? rc : 0;
}

bool seen_below_top(const struct copy *copy, const char *name)
{
    struct seen_inode last = {0}, key;
    int fd = copy->tops ? entry_open_parent(name) : -1;
    bool below = false, at_root = false;
    struct stat st;

    while (fd >= 0 && fstat(fd, &st) == 0 && !below && !at_root) {
        key = (struct seen_inode){.dev = st.st_dev, .ino = st.st_ino};
        below = tfind(&key, &copy->tops, by_file) != NULL;
        at_root = by_file(&key, &last) == 0;
        last = key;
        fd = up(fd);
    }
    if (fd >= 0)
        close(fd);
    return below;
}

/* Tells whether the copy of a directory cannot be made here: the name is taken by something that is
 * no directory, or by its source. */
static bool is_blocked(const struct copy *copy, const struct stat *st, const struct dir *to,
                       const char *to_name)
{
    int flags = copy->opts.keep_directory_symlinks ? 0 : AT_SYMLINK_NOFOLLOW;
    struct stat at;

    return fstatat(to->fd, to_name, &at, flags) == 0 &&
           (!S_ISDIR(at.st_mode) || entry_same_inode(&at, st));
}

int seen_directory(struct copy *copy, const struct stat *st, bool top, struct dir *to,
                   const char *to_name, const char **elsewhere)
{
    const struct seen_inode key = {.dev = st->st_dev, .ino = st->st_ino};
    struct seen_inode **found = tfind(&key, &copy->inodes, by_file);
    enum copy_follow follow = copy->opts.follow;
    char *path;
    int rc;

    if ((!found && !top) || is_blocked(copy, st, to, to_name))
        return REFUSED_NONE;
    path = file_path(&(struct file){.dir = to, .name = to_name});
    if (!path)
        return -ENOMEM;
    if (!found) {
        rc = note(&copy->inodes, st, path) < 0 ? -ENOMEM : REFUSED_NONE;
    } else if (strcmp((*found)->to_path, path) == 0 ||
               entry_same(copy->cwd, (*found)->to_path, copy->cwd, path, AT_SYMLINK_NOFOLLOW)) {
        rc = REFUSED_DIRECTORY_TWICE;
    } else if (follow == FOLLOW_ALWAYS || (follow == FOLLOW_OPERANDS && top)) {
        rc = REFUSED_NONE;
    } else {
        *elsewhere = (*found)->to_path;
        rc = REFUSED_ELSEWHERE;
    }
    free(path);
    return rc;
}

int seen_place(struct copy *copy, const char *to_name)
{
    struct seen_place *place = calloc(1, sizeof(*place)), **at;
    bool before;

    if (!place)
        return -ENOMEM;
    place->to_name = to_name;
    at = tsearch(place, &copy->places, by_place);
    before = at && *at != place;
    if (!at || before)
        free(place);
    if (!at)
        return -ENOMEM;
    copy->place = *at;
    return before;
}

bool seen_place_known(const struct copy *copy, const char *to_name)
{
    return tfind(&(struct seen_place){.to_name = to_name}, &copy->places, by_place);
}

void seen_copied(const struct item *op)
{
    struct seen_place *place = op->place;
    struct stat st;

    assert(place);
    if (op->made_known) {
        *place = (struct seen_place){place->to_name, true, op->made_dev, op->made_ino};
        return;
    }
    place->made = fstatat(op->to->fd, op->to_name, &st, AT_SYMLINK_NOFOLLOW) == 0;
    if (place->made) {
        place->dev = st.st_dev;
        place->ino = st.st_ino;
    }
}

bool seen_is_copy(const struct item *op, const struct stat *at)
{
    const struct seen_place *place = op->place;

    return place && place->made && by_inode(place->dev, place->ino, at->st_dev, at->st_ino) == 0;
}

void seen_destroy(struct copy *copy)
{
    tdestroy(copy->places, free);
    tdestroy(copy->entries, free);
    tdestroy(copy->inodes, free);
    tdestroy(copy->tops, free);
    tdestroy(copy->above, free);
    tdestroy(copy->made, free);
    free(copy->last_parent);
    copy->places = copy->entries = copy->inodes = copy->tops = copy->above = copy->made = NULL;
    copy->last_parent = NULL;
}
