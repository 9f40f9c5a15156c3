/* plan.c: see plan.h. */
#define _GNU_SOURCE
#include "plan.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>

#include "ahead.h"
#include "parts.h"
#include "update.h"
#include "../base/retry.h"

/* Tells whether the options leave the destination as it is. A link is not followed to find out:
 * that takes the run that copies the file. */
static bool is_left(struct copy *copy, struct file *file, const struct stat *st)
{
    const struct copy_opts *opts = &copy->opts;
    const struct item *op = file->op;
    struct stat at;

    if ((opts->replace == REPLACE_ALL && opts->update == UPDATE_ALL) || op->to->created ||
        ahead_missing(copy, file->dir, file->name) ||
        fstatat(op->to->fd, op->to_name, &at, AT_SYMLINK_NOFOLLOW) < 0)
        return false;
    if (opts->replace == REPLACE_NONE)
        return true;
    return (S_ISLNK(st->st_mode) || !S_ISLNK(at.st_mode)) && update_leaves(copy, file, st, &at);
}

/* Returns how many names of the inode the walk may come to; 0: unknown. */
static uint64_t names_of(const struct copy *copy, const struct stat *st)
{
    if (!copy->opts.preserve_links)
        return 1;
    return copy->opts.follow == FOLLOW_ALWAYS ? 0 : st->st_nlink;
}

/* Returns the bytes that a copy writes. */
static uint64_t bytes_of(const struct stat *st)
{
    uint64_t size = (uint64_t)st->st_size, stored = (uint64_t)st->st_blocks * 512;

    if (!S_ISREG(st->st_mode))
        return 0;
    return size < stored ? size : stored;
}

int plan_entry(struct copy *copy, struct feed *feed, struct dir *dir, const char *name)
{
    struct item op = {.to = dir->dest_dir, .to_name = name};
    struct file file = {.dir = dir, .name = name, .op = &op};
    const struct dir *root = dir;
    uint64_t names;
    struct stat st;
    char *path;
    bool left;
    int rc;

    if (fstatat(dir->fd, name, &st, item_follows(copy, &file) ? 0 : AT_SYMLINK_NOFOLLOW) < 0)
        return item_add_failed(copy, feed, dir, name, STEP_STAT, -errno);
    names = names_of(copy, &st);
    left = is_left(copy, &file, &st);
    file.skipped = left;
    file.size_skipped = S_ISREG(st.st_mode) ? (uint64_t)st.st_size : 0;
    progress_found(copy->progress, &file);
    progress_taken(copy->progress, &file);
    progress_done(copy->progress, &file);
    /* a name that is left may have to be linked to one that is not */
    if (left && names == 1)
        return 0;
    while (root->parent->op)
        root = root->parent;
    path = file_path(&file);
    if (!path)
        return -ENOMEM;
    const char *below = path + root->path_len;
    rc = parts_add(copy->plan, *below == '/' ? below + 1 : below, &st, left ? 0 : bytes_of(&st),
                   names);
    free(path);
    return rc;
}
