/* twice.c: what several operands lead to. See twice.h. */
#define _GNU_SOURCE
#include "twice.h"

#include <errno.h>
#include <fcntl.h>
#include <search.h>
#include <stdlib.h>
#include <string.h>

#include "entry.h"
#include "existing.h"

/* An operand, as an entry of the directory with that inode. */
struct twice_entry {
    dev_t dev;
    ino_t ino;
    const char *base; /* the caller's */
};

/* An operand that is a directory, with that inode. */
struct twice_directory {
    dev_t dev;
    ino_t ino;
    char to_path[];
};

static int by_inode(dev_t a_dev, ino_t a_ino, dev_t b_dev, ino_t b_ino)
{
    if (a_dev != b_dev)
        return a_dev < b_dev ? -1 : 1;
    return a_ino == b_ino ? 0 : a_ino < b_ino ? -1 : 1;
}

static int by_entry(const void *a, const void *b)
{
    const struct twice_entry *x = a, *y = b;
    int order = by_inode(x->dev, x->ino, y->dev, y->ino);

    return order ? order : strcmp(x->base, y->base);
}

static int by_directory(const void *a, const void *b)
{
    const struct twice_directory *x = a, *y = b;

    return by_inode(x->dev, x->ino, y->dev, y->ino);
}

int twice_entry(struct copy *copy, const char *name)
{
    struct twice_entry *entry = malloc(sizeof(*entry)), **at;
    struct stat st;
    bool seen;

    if (!entry)
        return -ENOMEM;
    if (entry_parent(copy->cwd, name, &st, AT_SYMLINK_NOFOLLOW) < 0) {
        free(entry);
        return errno == ENOMEM ? -ENOMEM : 0;
    }
    *entry = (struct twice_entry){st.st_dev, st.st_ino, entry_base(name)};
    at = tsearch(entry, &copy->entries, by_entry);
    seen = at && *at != entry;
    if (!at || seen)
        free(entry);
    return at ? seen : -ENOMEM;
}

static int note(struct copy *copy, const struct stat *st, const char *to_path)
{
    size_t path_bytes = strlen(to_path) + 1;
    struct twice_directory *directory = malloc(sizeof(*directory) + path_bytes);

    if (!directory)
        return -ENOMEM;
    directory->dev = st->st_dev;
    directory->ino = st->st_ino;
    memcpy(directory->to_path, to_path, path_bytes);
    if (tsearch(directory, &copy->directories, by_directory))
        return REFUSED_NOT;
    free(directory);
    return -ENOMEM;
}

/* What is in the way is another matter, and so is the directory itself. */
static bool is_blocked(const struct copy *copy, const struct stat *st, const struct dir *to,
                       const char *to_name)
{
    int flags = copy->opts.keep_directory_symlinks ? 0 : AT_SYMLINK_NOFOLLOW;
    struct stat at;

    return fstatat(to->fd, to_name, &at, flags) == 0 &&
           (!S_ISDIR(at.st_mode) || existing_same_inode(&at, st));
}

int twice_directory(struct copy *copy, const struct stat *st, bool top, struct dir *to,
                    const char *to_name, const char **elsewhere)
{
    const struct twice_directory key = {.dev = st->st_dev, .ino = st->st_ino};
    struct twice_directory **found = tfind(&key, &copy->directories, by_directory);
    enum copy_follow follow = copy->opts.follow;
    char *path;
    int rc;

    if ((!found && !top) || is_blocked(copy, st, to, to_name))
        return REFUSED_NOT;
    path = file_path(&(struct file){.dir = to, .name = to_name});
    if (!path)
        return -ENOMEM;
    if (!found) {
        rc = note(copy, st, path);
    } else if (strcmp((*found)->to_path, path) == 0 ||
               entry_same(copy->cwd, (*found)->to_path, copy->cwd, path, AT_SYMLINK_NOFOLLOW)) {
        rc = REFUSED_DIRECTORY_TWICE;
    } else if (follow == FOLLOW_ALWAYS || (follow == FOLLOW_OPERANDS && top)) {
        rc = REFUSED_NOT;
    } else {
        *elsewhere = (*found)->to_path;
        rc = REFUSED_ELSEWHERE;
    }
    free(path);
    return rc;
}

void twice_destroy(struct copy *copy)
{
    tdestroy(copy->entries, free);
    tdestroy(copy->directories, free);
}
