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
#include "../base/temp.h"
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

/* A link to be made. */
struct link {
    struct copy *copy;
    struct file *file;
    const char *target; /* of a symbolic link; NULL: it is a hard link */
};

/* Notes what has been made if another source may lead to it: links from any directory may lead to a
 * FIFO or a device. */
static void note_made(struct copy *copy, struct file *file, int dir_fd, const char *name,
                      bool is_link)
{
    const struct item *op = file->op;
    int64_t birth_ns;
    struct stat made;

    if (!copy->written || (op->to->created && is_link))
        return;
    if (statx_birth(dir_fd, name, AT_SYMLINK_NOFOLLOW, &made, &birth_ns) == 0 &&
        written_add(copy->written, &made, birth_ns, op->scope, WRITTEN_CREATED) < 0)
        file_fail(file, STEP_STAT_DEST, -ENOMEM);
}

/* In a directory that the run has made nothing is moved away. */
static struct written *noted_in(const struct copy *copy, const struct item *op)
{
    return op->to->created ? NULL : copy->written;
}

/* Makes a link, and notes it. Returns 0 or -errno. */
static int make_link(const void *arg, int dir_fd, const char *name)
{
    const struct link *link = arg;
    struct copy *copy = link->copy;
    struct file *file = link->file;
    struct written *noted = noted_in(copy, file->op);
    int rc;

    written_begin(noted);
    rc = link->target ? symlinkat(link->target, dir_fd, name)
                      : linkat(file->dir->fd, file->name, dir_fd, name,
                               item_follows(copy, file) ? AT_SYMLINK_FOLLOW : 0);
    if (rc < 0)
        rc = -errno;
    else
        note_made(copy, file, dir_fd, name, true);
    written_end(noted);
    return rc;
}

/* Makes the link. It replaces what has the name already if the user wants that. Returns 0, or
 * -errno, and what was there is there still. */
static int make_or_replace(const struct link *link)
{
    const struct copy_opts *opts = &link->copy->opts;
    const struct item *op = link->file->op;
    int rc = make_link(link, op->to->fd, op->to_name);

    /* what was not there a moment ago another source has made */
    if (rc == -EEXIST && op->overwrite_decided && (opts->force || opts->replace == REPLACE_ASKED))
        rc = overwrite_replace(link->copy, link->file, make_link, link);
    return rc;
}

static void copy_symlink(struct copy *copy, struct file *file, const struct stat *st)
{
    const struct item *op = file->op;
    char *target = symlink_read(file->dir->fd, file->name, st);
    struct link link = {copy, file, target};
    int rc;

    if (!target)
        item_fail(file, STEP_READ_LINK);
    else if ((rc = make_or_replace(&link)) < 0 &&
             !(copy->opts.update == UPDATE_OLDER && symlink_is(op->to->fd, op->to_name, target)))
        file_fail(file, STEP_MAKE_LINK, rc);
    free(target);
}

/* -s. A relative name leads to the source from the working directory only. */
static void link_symbolically(struct copy *copy, struct file *file)
{
    char *path = file_path(file), *to = item_dest_path(file);
    struct link link = {copy, file, path};
    struct item *op = file->op;
    struct stat here, there;
    const char *dir = to ? path_split(to, NULL) : NULL;
    int rc;

    if (!path || !to)
        file_fail(file, STEP_SYMLINK, -ENOMEM);
    else if (path[0] != '/' && stat(".", &here) == 0 && stat(dir, &there) == 0 &&
             !entry_same_inode(&here, &there))
        item_refuse(file, REFUSED_RELATIVE_LINK);
    else if ((rc = make_or_replace(&link)) < 0)
        file_fail(file, STEP_SYMLINK, rc);
    if (op->refusal == REFUSED_RELATIVE_LINK)
        op->attempted = true;
    free(path);
    free(to);
}

static void copy_node(struct copy *copy, struct file *file, const struct stat *st)
{
    const struct item *op = file->op;
    struct written *noted = noted_in(copy, op);
    mode_t mode = st->st_mode & ~(copy->opts.preserve_owner ? (mode_t)(S_IRWXG | S_IRWXO) : 0);

    if (!S_ISFIFO(st->st_mode) && !S_ISCHR(st->st_mode) && !S_ISBLK(st->st_mode) &&
        !S_ISSOCK(st->st_mode)) {
        item_refuse(file, REFUSED_TYPE);
        return;
    }
    written_begin(noted);
    if (mknodat(op->to->fd, op->to_name, mode, st->st_rdev) < 0)
        item_fail(file, S_ISFIFO(st->st_mode) ? STEP_MAKE_FIFO : STEP_MAKE_NODE);
    else
        note_made(copy, file, op->to->fd, op->to_name, false);
    written_end(noted);
}

static void link_hard(struct copy *copy, struct file *file)
{
    struct link link = {.copy = copy, .file = file};
    int rc = make_or_replace(&link);

    if (rc < 0)
        file_fail(file, STEP_HARD_LINK, rc);
}

static void copy_attributes(const struct copy *copy, struct file *file, const struct stat *st)
{
    const struct item *op = file->op;
    struct attr_at from = {.fd = -1, .dir_fd = file->dir->fd, .name = file->name},
                   to = {.fd = -1, .dir_fd = op->to->fd, .name = op->to_name};
    struct stat made = *st;

    if (copy->opts.make == MAKE_SYMLINKS)
        made.st_mode = S_IFLNK; /* with the source's times, but no mode of its own */
    attr_copy(copy, &from, &to, &made, true, item_report, file);
}

/* Makes it, with nothing in the way any more. */
static void make(struct copy *copy, struct file *file, const struct stat *st)
{
    if (copy->opts.make == MAKE_HARD_LINKS)
        link_hard(copy, file);
    else if (copy->opts.make == MAKE_SYMLINKS)
        link_symbolically(copy, file);
    else if (S_ISLNK(st->st_mode))
        copy_symlink(copy, file, st);
    else
        copy_node(copy, file, st);
    if (file->status == 0 && copy->opts.make != MAKE_HARD_LINKS)
        copy_attributes(copy, file, st);
}

/* Tells whether several names of a source become several names of what is made. Symbolic links by
 * -s are such names, too, as with cp; if links are followed, cp links to the source itself. */
static bool links_names(const struct copy *copy, const struct file *file)
{
    return copy->opts.make == MAKE_COPIES ||
           (copy->opts.make == MAKE_SYMLINKS && !item_follows(copy, file));
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
    if (rc == OVERWRITE_SKIP && copy->opts.update != UPDATE_ALL && !copy->opts.dry_run &&
        links_names(copy, file))
        dest_link_skipped(copy, file, &st);
    if (rc < 0 || rc == OVERWRITE_SKIP || copy->opts.dry_run)
        return true;
    op->earlier = 0; /* what was there is gone */
    rc = links_names(copy, file) ? dest_link(copy, file, &st, true, &dest) : DEST_WRITE;
    if (rc == DEST_WRITE)
        make(copy, file, &st);
    if (dest.claimed)
        dest_link_resolve(copy, file, &st, NULL, true);
    op->copied = file->status == 0;
    return true;
}
