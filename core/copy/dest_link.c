/* dest_link.c: copies of a source with several names: one is written, the others are linked to it.
 * See dest.h. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "../base/statx.h"
#include "copy.h"
#include "dest.h"
#include "entry.h"
#include "hard_links.h"
#include "overwrite.h"
#include "written.h"
#include "../base/retry.h"

/* One more name for a copy. */
struct one_more {
    struct copy *copy;
    const struct item *op;
    const struct link_target *made;
    bool follow;
};

/* Notes that another source may not lead to this name. A file that is gone may have been noted with
 * its inode, so its birth is needed. Returns 0 or -ENOMEM. */
static int note(const struct one_more *more, int dir_fd, const char *name)
{
    struct written *written = more->copy->written;
    int64_t birth_ns;
    struct stat at;

    if (!written || !more->made->created || more->op->to->created ||
        statx_birth(dir_fd, name, AT_SYMLINK_NOFOLLOW, &at, &birth_ns) < 0 ||
        !hard_links_is_target(&at, more->made))
        return 0;
    return written_add(written, &at, birth_ns, more->op->scope, WRITTEN_CREATED);
}

/* Makes the name, and notes it. */
static int add_link(const void *arg, int dir_fd, const char *name)
{
    const struct one_more *more = arg;
    int rc;

    written_begin(more->copy->written);
    rc = hard_links_add(more->made, more->follow, dir_fd, name) < 0 ? -errno : 0;
    if (rc == 0 && note(more, dir_fd, name) < 0) {
        (void)unlinkat(dir_fd, name, 0);
        rc = -ENOMEM;
    }
    written_end(more->copy->written);
    return rc;
}

/* Something has the name already. Returns OVERWRITE_LATER if an earlier operand may read it,
 * another number from 0 on, or -errno. */
static int link_over(struct copy *copy, struct file *file, const struct stat *st,
                     const struct one_more *more)
{
    struct item *op = file->op;
    struct stat at;
    int rc;

    if (fstatat(op->to->fd, op->to_name, &at, AT_SYMLINK_NOFOLLOW) < 0)
        return item_fail(file, STEP_STAT_DEST);
    /* two directories go to one, with what may be one name */
    if (overwrite_stays(copy, op, &at, more->made)) {
        /* and made again, as cp tells it */
        op->replaced = op->skipped || copy->opts.backup == BACKUP_NONE;
        op->removed_late = op->replaced && !op->skipped &&
                           !overwrite_gives_way(copy, file, st, &at);
        return note(more, op->to->fd, op->to_name);
    }
    rc = op->overwrite_decided ? OVERWRITE_WRITE : overwrite_decide(copy, file, st, &at);
    if (rc < 0 || rc == OVERWRITE_SKIP || rc == OVERWRITE_LATER)
        return rc;
    /* nothing is written through a dangling link that a hard link replaces */
    if (rc != OVERWRITE_WRITE && !op->dangling)
        return add_link(more, op->to->fd, op->to_name);
    rc = overwrite_replace(copy, file, add_link, more);
    op->replaced = op->removed_late = rc == 0;
    return rc;
}

/* Makes the destination another name of the copy that the source's inode has already. */
static int hard_link(struct copy *copy, struct file *file, const struct stat *st,
                     const struct link_target *made)
{
    struct item *op = file->op;
    struct one_more more = {copy, op, made, item_follows(copy, file)};
    int rc = add_link(&more, op->to->fd, op->to_name);

    if (rc == -EEXIST && !op->to->created)
        rc = link_over(copy, file, st, &more);
    if (rc == OVERWRITE_LATER)
        return DEST_LATER;
    if (rc < 0 && file->status == 0) {
        op->elsewhere = made->path;
        file_fail(file, STEP_HARD_LINK, rc);
    }
    op->linked = true;
    return file->status < 0 ? file->status : DEST_MADE;
}

bool dest_may_link(const struct copy *copy)
{
    return copy->links;
}

bool dest_link_possible(const struct copy *copy, const struct file *file, const struct stat *st)
{
    /* followed links are further names that the count does not tell of */
    return copy->links && !S_ISDIR(st->st_mode) && (st->st_nlink > 1 || item_follows(copy, file));
}

int dest_link(struct copy *copy, struct file *file, const struct stat *st, bool wait,
              struct dest *dest)
{
    struct item *op = file->op;
    struct link_target made;
    int rc;

    *dest = (struct dest){.fd = -1, .source_fd = -1};
    if (op->claimed && op->claimed_dev == st->st_dev && op->claimed_ino == st->st_ino) {
        op->claimed = false;
        dest->claimed = true;
        return DEST_WRITE;
    }
    dest_give_up_claim(copy, file); /* it is another file by now */
    if (!dest_link_possible(copy, file, st))
        return DEST_WRITE;
    rc = hard_links_claim(copy->links, st, wait, &made);
    if (rc == LINK_BUSY)
        return DEST_LATER;
    if (rc == LINK_READY)
        return hard_link(copy, file, st, &made);
    if (rc < 0) {
        file_fail(file, STEP_HARD_LINK, rc);
        return rc;
    }
    dest->claimed = true;
    return DEST_WRITE;
}

void dest_link_resolve(struct copy *copy, struct file *file, const struct stat *st,
                       const struct stat *made, bool created)
{
    const struct item *op = file->op;
    struct stat at;
    char *path = NULL;

    /* a file that was left as it was will do for its other names, too */
    if (file->status == 0) {
        int rc = 0;
        /* cp links further names to a symbolic link itself if it does not follow links */
        if (!made || (op->via_symlink && !item_follows(copy, file))) {
            rc = fstatat(op->to->fd, op->to_name, &at, AT_SYMLINK_NOFOLLOW);
            made = &at;
        }
        if (rc == 0)
            path = item_dest_path(file);
        if (!path) /* its other names would become files of their own */
            file_fail(file, STEP_STAT_DEST, rc < 0 ? -errno : -ENOMEM);
    }
    hard_links_resolve(copy->links, st, path, made, created);
}

void dest_give_up_claim(struct copy *copy, struct file *file)
{
    struct item *op = file->op;
    struct stat st = {.st_dev = op->claimed_dev, .st_ino = op->claimed_ino};

    if (op->claimed)
        dest_link_unclaim(copy, &st);
    op->claimed = false;
}

void dest_link_unclaim(struct copy *copy, const struct stat *st)
{
    hard_links_resolve(copy->links, st, NULL, NULL, false);
}

void dest_link_skipped(struct copy *copy, struct file *file, const struct stat *st)
{
    struct item *op = file->op;
    struct dest dest;

    op->overwrite_decided = true; /* that is decided: a link may replace it */
    if (dest_link(copy, file, st, true, &dest) == DEST_WRITE && dest.claimed)
        dest_link_resolve(copy, file, st, NULL, false);
}
