/* nonregular.c: makes what needs no bytes: symbolic links, hard links, FIFOs, devices. See
 * nonregular.h.
 */
#define _GNU_SOURCE
#include "nonregular.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "../base/path.h"
#include "../base/statx.h"
#include "attr.h"
#include "entry.h"
#include "dest.h"
#include "overwrite.h"
#include "symlink.h"
#include "written.h"
#include "../base/retry.h"

bool nonregular_is(const struct copy *copy, unsigned char type)
{
    if (copy->opts.make != MAKE_COPIES || type == DT_LNK)
        return true;
    if (type == DT_REG || type == DT_UNKNOWN)
        return false;
    /* a FIFO or a device is read to its end unless one is made in the destination */
    return copy->opts.recursive && !copy->opts.copy_contents;
}

static int symlink_to(const struct file *file, const char *target)
{
    const struct item *op = file->op;

    return symlinkat(target, op->to->fd, op->to_name);
}

/* Calls make; if a file is in the way and the user wants it replaced, removes it and calls again.
 */
static int make_or_replace(const struct copy *copy, struct file *file, const char *arg,
                           int (*make)(const struct file *file, const char *arg))
{
    const struct item *op = file->op;
    int rc = make(file, arg);

    /* what was not there a moment ago another source has made */
    if (rc < 0 && errno == EEXIST && op->overwrite_decided &&
        (copy->opts.force || copy->opts.replace == REPLACE_ASKED) &&
        unlinkat(op->to->fd, op->to_name, 0) == 0)
        rc = make(file, arg);
    return rc;
}

static void copy_symlink(const struct copy *copy, struct file *file, const struct stat *st)
{
    const struct item *op = file->op;
    char *target = symlink_read(file->dir->fd, file->name, st);

    if (!target)
        item_fail(file, STEP_READ_LINK);
    else if (make_or_replace(copy, file, target, symlink_to) < 0 &&
             !(copy->opts.update == UPDATE_OLDER && symlink_is(op->to->fd, op->to_name, target)))
        item_fail(file, STEP_MAKE_LINK);
    free(target);
}

/* -s. A relative name leads to the source from the working directory only. */
static void link_symbolically(const struct copy *copy, struct file *file)
{
    char *path = file_path(file), *to = item_dest_path(file);
    struct stat here, there;
    const char *dir = to ? path_split(to, NULL) : NULL;

    if (!path || !to)
        file_fail(file, STEP_SYMLINK, -ENOMEM);
    else if (path[0] != '/' && stat(".", &here) == 0 && stat(dir, &there) == 0 &&
             !entry_same_inode(&here, &there))
        item_refuse(file, REFUSED_RELATIVE_LINK);
    else if (make_or_replace(copy, file, path, symlink_to) < 0)
        item_fail(file, STEP_SYMLINK);
    if (file->step == STEP_REFUSED)
        ((struct item *)file->op)->attempted = true;
    free(path);
    free(to);
}

static int link_to(const struct file *file, const char *flags)
{
    const struct item *op = file->op;

    return linkat(file->dir->fd, file->name, op->to->fd, op->to_name,
                  *flags ? AT_SYMLINK_FOLLOW : 0);
}

static void copy_node(const struct copy *copy, struct file *file, const struct stat *st)
{
    const struct item *op = file->op;
    mode_t mode = st->st_mode & ~(copy->opts.preserve_owner ? (mode_t)(S_IRWXG | S_IRWXO) : 0);

    if (S_ISFIFO(st->st_mode) || S_ISCHR(st->st_mode) || S_ISBLK(st->st_mode) ||
        S_ISSOCK(st->st_mode)) {
        if (mknodat(op->to->fd, op->to_name, mode, st->st_rdev) < 0)
            item_fail(file, S_ISFIFO(st->st_mode) ? STEP_MAKE_FIFO : STEP_MAKE_NODE);
    } else {
        item_refuse(file, REFUSED_TYPE);
    }
}

/* Makes it, with nothing in the way any more. */
static void make(struct copy *copy, struct file *file, const struct stat *st)
{
    const struct item *op = file->op;
    struct attr_at from = {.fd = -1, .dir_fd = file->dir->fd, .name = file->name},
                   to = {.fd = -1, .dir_fd = op->to->fd, .name = op->to_name};
    struct stat made = *st;

    if (copy->opts.make == MAKE_HARD_LINKS) {
        if (make_or_replace(copy, file, item_follows(copy, file) ? "follow" : "", link_to) < 0)
            item_fail(file, STEP_HARD_LINK);
        return;
    }
    if (copy->opts.make == MAKE_SYMLINKS) {
        link_symbolically(copy, file);
        made.st_mode = S_IFLNK; /* with the source's times, but no mode of its own */
    } else if (S_ISLNK(st->st_mode)) {
        copy_symlink(copy, file, st);
    } else {
        copy_node(copy, file, st);
    }
    if (file->status == 0)
        attr_copy(copy, &from, &to, &made, true, item_report, file);
}

/* Notes what has been made if another source may lead to it: links from any directory may lead to a
 * FIFO or a device. */
static void note_made(struct copy *copy, struct file *file, const struct stat *st)
{
    const struct item *op = file->op;
    bool link = S_ISLNK(st->st_mode) || copy->opts.make != MAKE_COPIES;
    int64_t birth_ns;
    struct stat made;

    if (!copy->written || (op->to->created && link) || file->status < 0)
        return;
    if (statx_birth(op->to->fd, op->to_name, AT_SYMLINK_NOFOLLOW, &made, &birth_ns) == 0 &&
        written_add(copy->written, &made, birth_ns, op->scope, WRITTEN_CREATED) < 0)
        file_fail(file, STEP_STAT_DEST, -ENOMEM);
}

bool nonregular_copy(struct copy *copy, struct file *file)
{
    struct item *op = file->op;
    struct dest dest = {.fd = -1};
    struct stat st, at;
    int rc;

    if (item_stat(copy, file, &st) < 0)
        return true;
    rc = overwrite_decide(copy, file, &st, &at);
    if (rc == OVERWRITE_LATER)
        return false;
    if (rc < 0 || rc == OVERWRITE_SKIP || copy->opts.dry_run)
        return true;
    op->earlier = 0; /* what was there is gone */
    rc = copy->opts.make == MAKE_COPIES ? dest_link(copy, file, &st, true, &dest) : DEST_WRITE;
    if (rc == DEST_WRITE) {
        make(copy, file, &st);
        note_made(copy, file, &st);
    }
    if (dest.claimed)
        dest_link_resolve(copy, file, &st, NULL, true);
    op->copied = file->status == 0;
    return true;
}
