/* directory.c: the directories of a copy: made before what is in them, finished after it. See
 * directory.h. */
#define _GNU_SOURCE
#include "directory.h"

#include <assert.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../base/pool.h"
#include "../base/statx.h"
#include "ahead.h"
#include "attr.h"
#include "entry.h"
#include "names.h"
#include "overwrite.h"
#include "reach.h"
#include "seen.h"
#include "written.h"
#include "../base/temp.h"
#include "../base/retry.h"

/* Returns the rights that a directory does not have until it is complete: no other user may write
 * into it, and no other user may read it if it will have another owner. */
static mode_t withheld(const struct copy *copy)
{
    return copy->opts.preserve_owner || copy->opts.preserve_mode ? S_IRWXG | S_IRWXO
                                                                 : S_IWGRP | S_IWOTH;
}

struct deferred_arg {
    struct copy *copy;
    const struct dir *from, *to;
};

static void report_deferred(void *arg, enum step step, int status, bool harmless)
{
    struct deferred_arg *at = arg;
    const struct dir *dir = step == STEP_LIST_XATTR ? at->from : at->to;
    struct copy_deferred_error *deferred = malloc(sizeof(*deferred) + dir->path_len + 1);

    if (!deferred) {
        atomic_store(&at->copy->deferred_lost, true);
        return;
    }
    *deferred = (struct copy_deferred_error){atomic_load(&at->copy->deferred_errors), step, status,
                                             harmless};
    dir_path_copy(dir, deferred->path);
    while (!atomic_compare_exchange_weak(&at->copy->deferred_errors, &deferred->next, deferred))
        ;
}

/* Gives the directory the rights that mkdir(2) would have given it. */
static int give_rights(const struct directory *op, int fd)
{
    const struct copy *copy = op->copy;
    mode_t missing = withheld(copy) & op->st.st_mode & ~copy->umask;
    struct stat now;

    if (!op->created || copy->opts.preserve_mode || copy->opts.default_mode ||
        (missing | op->lent) == 0)
        return 0;
    if (fstat(fd, &now) < 0 || fchmod(fd, ((now.st_mode & 07777) | missing) & ~op->lent) < 0)
        return -errno;
    return 0;
}

void directory_finish(const struct directory *op, const struct dir *to, const struct dir *dir,
                      int status)
{
    const struct copy_opts *opts = &op->copy->opts;
    struct deferred_arg deferred = {op->copy, dir, to};
    struct attr_at from = {.fd = dir->fd, .no_attributes = status < 0}, at = {.fd = to->fd};
    int rc;

    if (to->fd < 0 || (dir->fd < 0 && status == 0))
        return;
    rc = give_rights(op, to->fd);
    if (rc < 0)
        report_deferred(&deferred, STEP_MODE, rc, false);
    if (status < 0 && (opts->preserve_mode || opts->preserve_xattrs))
        report_deferred(&deferred, STEP_LIST_XATTR, status, false);
    attr_copy(op->copy, &from, &at, &op->st, op->created, report_deferred, &deferred);
}

static void free_op(struct directory *op)
{
    if (op->to) {
        names_free(op->to->names);
        op->to->names = NULL;
    }
    dir_put(op->to);
    free(op);
}

static void finish(void *arg)
{
    struct dir *dir = arg;
    struct directory *op = dir->op;

    directory_finish(op, op->to, dir, 0);
    free_op(op);
    dir_end(dir);
}

/* Ends a walked directory: its last reference has gone. */
static bool dir_copied(struct dir *dir)
{
    struct directory *op = dir->op;
    const struct copy *copy = op->copy;
    bool complete = !copy->opts.dry_run && !copy->plan;

    if (complete && copy->pool && pool_offer(copy->pool, finish, dir))
        return true;
    if (complete)
        directory_finish(op, op->to, dir, 0);
    free_op(op);
    return false;
}

/* Ends a prepared directory that the walk has not entered: its last reference has gone. */
static bool dir_unmade(struct dir *dir)
{
    struct directory *op = dir->op;

    if (op->created)
        (void)unlinkat(op->to->parent->fd, op->to->name, AT_REMOVEDIR);
    free_op(op);
    return false;
}

static int make(const struct copy *copy, struct dir *to, const char *name, struct directory *op)
{
    struct attr_at made = {.fd = -1, .dir_fd = to->fd, .name = name};
    mode_t wanted = copy->opts.default_mode ? S_IRWXU | S_IRWXG | S_IRWXO : op->st.st_mode & 01777;
    struct stat st;

    /* at once with our own rights to write into it: another run may copy to the same place */
    if (mkdirat(to->fd, name, (wanted & ~withheld(copy)) | S_IRWXU) < 0 ||
        fstatat(to->fd, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
        return -errno;
    op->lent = S_IRWXU & ~(st.st_mode & wanted);
    /* the umask or a default ACL may have taken them */
    if ((S_IRWXU & ~st.st_mode) && S_ISDIR(st.st_mode) &&
        reach_chmod(&made, (st.st_mode & 07777) | S_IRWXU) < 0)
        return -errno;
    return 0;
}

int directory_make(struct copy *copy, struct dir *to, const char *name, struct directory *op,
                   bool may_follow, enum step *step)
{
    int follow = may_follow ? 0 : O_NOFOLLOW;
    int rc = copy->opts.dry_run ? -EEXIST : make(copy, to, name, op);
    struct stat at;
    int fd;

    *step = STEP_MAKE_DIR;
    op->created = rc == 0;
    if (rc < 0 && to->created && !copy->opts.dry_run) {
        return rc; /* two sources have one name: like cp, does not look what is there */
    } else if (rc == -EEXIST) {
        rc = fstatat(to->fd, name, &at, AT_SYMLINK_NOFOLLOW);
        if (rc == 0 && may_follow && S_ISLNK(at.st_mode)) {
            copy->through_links = true;
            rc = fstatat(to->fd, name, &at, 0);
        }
        if (rc < 0) {
            /* a dangling link exists, but is no directory */
            if (errno == ENOENT && !copy->opts.dry_run)
                return -EEXIST;
            *step = STEP_STAT_DEST;
            return -errno;
        }
        if (!S_ISDIR(at.st_mode)) {
            *step = STEP_REFUSED;
            return -ENOTDIR;
        }
    } else if (rc < 0) {
        /* as cp, which looks first, and with -f takes a way in a circle for nothing */
        if (fstatat(to->fd, name, &at, AT_SYMLINK_NOFOLLOW) < 0 && errno != ENOENT &&
            !(errno == ELOOP && copy->opts.force)) {
            *step = STEP_STAT_DEST;
            rc = -errno;
        }
        return rc;
    }
    *step = STEP_OPEN_DEST;
    fd = openat(to->fd, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | follow);
    /* one that may be written into, but not listed, will do */
    if (fd < 0 && errno == EACCES)
        fd = openat(to->fd, name, O_PATH | O_DIRECTORY | O_CLOEXEC | follow);
    if (fd >= 0 && !op->created && copy->opts.atomic && !copy->opts.dry_run)
        temp_sweep(fd, TEMP_PREFIX);
    return fd < 0 ? -errno : fd;
}

/* Gives the owner of an existing directory the rights to copy into it, until it gets those of its
 * source: an earlier run may have ended with files missing. */
static void open_up(const struct copy *copy, int fd)
{
    struct stat st;

    if ((copy->opts.update != UPDATE_CHANGED && !copy->plan) || !copy->opts.preserve_mode ||
        copy->may_chown || copy->opts.dry_run || fstat(fd, &st) < 0 || st.st_uid != copy->euid ||
        (st.st_mode & S_IRWXU) == S_IRWXU)
        return;
    (void)reach_chmod(&(struct attr_at){.fd = fd}, (st.st_mode & 07777) | S_IRWXU);
}

/* Adds a line for a directory that has been made, for callers that tell. */
static int add_made(struct copy *copy, struct feed *feed, struct dir *parent, const char *name)
{
    struct file *file = item_new(copy, feed, parent, name);

    if (!file)
        return -ENOMEM;
    ((struct item *)file->op)->copied = true;
    file->type = DT_DIR;
    return feed_add_done(feed, file);
}

int directory_on_filesystem(struct copy *copy, int fd)
{
    struct stat st;

    if (!copy->on_new_filesystem || fstat(fd, &st) < 0 || st.st_dev == copy->last_dev)
        return 0;
    copy->last_dev = st.st_dev;
    return copy->on_new_filesystem(copy->on_new_filesystem_arg, fd, st.st_dev);
}

/* Opens the source again if the copy has been made in it: on btrfs a directory that was open before
 * does not list the new entry, by which the walk notices that it copies a directory into itself. */
static int list_again(const struct dir *dir, const struct stat *st, int fd)
{
    struct stat parent;
    int again, rc;

    if (fstatat(fd, "..", &parent, 0) < 0 || !entry_same_inode(&parent, st))
        return 0;
    again = openat(dir->fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (again < 0)
        return errno == EACCES ? 0 : -errno; /* it cannot be listed in any case */
    rc = dup3(again, dir->fd, O_CLOEXEC) < 0 ? -errno : 0;
    close(again);
    return rc;
}

/* Notes the first directory that an operand makes: it must not be copied when the walk comes to it
 * as a source. Returns 1 if it is its own source, whose metadata must stay; 0; or -errno. */
static int note_top(struct copy *copy, const struct stat *st, int fd)
{
    struct stat made;

    if (fd < 0)
        return 0;
    if (fstat(fd, &made) < 0)
        return -errno;
    copy->top_dev = made.st_dev;
    copy->top_ino = made.st_ino;
    if (copy->source_count > 1 && seen_top(copy, &made) < 0)
        return -ENOMEM;
    return entry_same_inode(&made, st);
}

/* Returns whether a symbolic link to that directory is in its destination's place. Like cp, does
 * not look if the link would not be written through. */
static bool is_itself(const struct copy *copy, const struct stat *st, bool top,
                      const struct dir *to, const char *to_name)
{
    const struct copy_opts *opts = &copy->opts;
    struct stat at;

    return opts->follow != FOLLOW_ALWAYS && !(top && opts->follow == FOLLOW_OPERANDS) &&
           opts->make == MAKE_COPIES && opts->backup == BACKUP_NONE && !opts->remove_destination &&
           opts->replace == REPLACE_ALL && fstatat(to->fd, to_name, &at, 0) == 0 &&
           entry_same_inode(&at, st);
}

/* Adds a directory that an operand has taken elsewhere, or, where it went to this place, the
 * operand that leads to it again. */
static int add_seen(struct copy *copy, struct feed *feed, struct dir *parent, const char *name,
                    enum refusal refusal, const char *elsewhere)
{
    struct file *file;

    if (refusal == REFUSED_DIRECTORY_TWICE)
        return item_add_refused(copy, feed, copy->cwd, copy->source->name, refusal);
    file = item_new(copy, feed, parent, name);
    if (!file)
        return -ENOMEM;
    ((struct item *)file->op)->elsewhere = elsewhere;
    item_refuse(file, refusal);
    return feed_add_done(feed, file);
}

/* Adds a directory whose destination could not be made. */
static int add_unmade(struct copy *copy, struct feed *feed, struct dir *parent, const char *name,
                      enum step step, int status, bool itself)
{
    if (step != STEP_REFUSED)
        return item_add_failed(copy, feed, parent, name, step, status);
    return item_add_refused(copy, feed, parent, name,
                            itself ? REFUSED_SAME_FILE : REFUSED_OVER_FILE);
}

/* Notes a directory that has been made among older entries, or checks one that was found. Returns
 * false, with *rc, if another directory of this operand has become that one, since the filesystem
 * does not tell their names apart: one would be lost in the other. */
static bool note_directory(struct copy *copy, struct feed *feed, int *rc, const struct dir *to,
                           const char *to_name, int fd, bool created)
{
    const void *scope = NULL;
    int64_t birth_ns;
    struct stat at;

    *rc = 0;
    if (!copy->written)
        return true;
    if (item_names_are_noted(to)) {
        *rc = item_note_name(copy, feed, to, to_name, copy->source);
        if (*rc < 0)
            return false;
        *rc = 0;
        if (!created && written_name_collides(copy->written, to, to_name, copy->source) == 1)
            return false;
    }
    if (statx_birth(fd, NULL, 0, &at, &birth_ns) < 0) {
        *rc = -errno;
        return false;
    }
    if (created) {
        *rc = written_add(copy->written, &at, birth_ns, copy->source, WRITTEN_CREATED);
        return *rc == 0;
    }
    if (written_find(copy->written, &at, fd, NULL, 0, &scope) == WRITTEN_NONE)
        return true;
    if (scope == copy->source)
        return false;
    /* an earlier operand's: its files come first, and are written over, and so are its attributes
     */
    while (feed_drain_half(feed))
        ;
    ahead_settle(copy);
    return true;
}

static bool is_into_itself(const struct copy *copy, const struct stat *st)
{
    return st->st_dev == copy->top_dev && st->st_ino == copy->top_ino;
}

/* Makes the struct of an open destination. Takes over fd. Returns 0 or -ENOMEM. */
static int opened(struct copy *copy, struct directory *op, struct dir *to, const char *to_name,
                  int fd)
{
    op->to = dir_new(to, to_name, fd);
    if (!op->to) {
        if (fd >= 0)
            close(fd);
        return -ENOMEM;
    }
    op->copy = copy;
    op->to->created = op->created;
    if (op->created)
        op->to->medium = to->medium;
    return 0;
}

static int prepare(struct copy *copy, struct dir *dir, const char *name, struct directory *op)
{
    struct dir *to = ((struct directory *)dir->parent->op)->to;
    enum step step;
    int fd;

    if (fstat(dir->fd, &op->st) < 0 || is_into_itself(copy, &op->st))
        return -1;
    if (!to->created && copy->opts.atomic)
        return -1; /* it is swept first */
    if (to->created)
        fd = directory_make(copy, to, name, op, false, &step);
    else
        fd = openat(to->fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0 || opened(copy, op, to, name, fd) < 0) {
        if (op->created)
            (void)unlinkat(to->fd, name, AT_REMOVEDIR);
        return -1;
    }
    if (!op->created && copy_opts_decide_first(&copy->opts))
        op->to->names = names_list(fd);
    return 0;
}

void directory_prepare(struct dir *dir, const char *name, void *arg)
{
    struct copy *copy = arg;
    struct directory *op;

    assert(copy->pool && !dir->op);
    /* another operand may decide about it */
    if (!dir->parent->op || copy->source_count > 1 || copy->opts.dry_run)
        return;
    op = calloc(1, sizeof(*op));
    if (!op || prepare(copy, dir, name, op) < 0) {
        free(op);
        return;
    }
    dir->op = op;
    dir->release = dir_unmade;
}

static int enter(struct copy *copy, struct feed *feed, struct dir *dir, const char *name,
                 struct directory *op)
{
    bool top = dir->parent->op == NULL;
    struct dir *parent = dir->parent;
    struct directory *above = parent->op;
    struct dir *to = above ? above->to : copy->source_to;
    const char *to_name = above ? name : copy->source_to_name, *elsewhere;
    enum step step = STEP_OPEN_DEST;
    int fd, rc;

    if (!op->to && fstat(dir->fd, &op->st) < 0)
        return item_add_failed(copy, feed, parent, name, STEP_STAT, -errno);
    if (!top && is_into_itself(copy, &op->st)) {
        copy->into_itself = true;
        return item_add_refused(copy, feed, copy->cwd, copy->source->name, REFUSED_INTO_ITSELF);
    }
    rc = copy->source_count > 1 ? seen_directory(copy, &op->st, top, to, to_name, &elsewhere) : 0;
    if (rc != REFUSED_NONE)
        return rc < 0 ? rc : add_seen(copy, feed, parent, name, rc, elsewhere);
    fd = op->to ? op->to->fd
                : directory_make(copy, to, to_name, op, copy->opts.keep_directory_symlinks, &step);
    if (fd < 0 && copy->opts.dry_run && step == STEP_STAT_DEST)
        op->created = true; /* it would be */
    else if (fd < 0)
        return add_unmade(copy, feed, parent, name, step, fd,
                          is_itself(copy, &op->st, top, to, to_name));
    if (!op->to && opened(copy, op, to, to_name, fd) < 0)
        return -ENOMEM;
    if (!op->created)
        open_up(copy, fd);
    item_find_medium(copy, op->to);
    if (fd >= 0 && !to->created && !note_directory(copy, feed, &rc, to, to_name, fd, op->created))
        return item_add_failed(copy, feed, parent, name, STEP_MAKE_DIR, rc < 0 ? rc : -EEXIST);
    rc = top ? note_top(copy, &op->st, fd) : 0;
    if (rc == 0 && top && op->created && fd >= 0)
        rc = list_again(dir, &op->st, fd);
    if (rc == 0)
        rc = directory_on_filesystem(copy, fd);
    /* it is linked there already, or all that is there stays */
    if (rc == 1 && (copy->opts.make == MAKE_HARD_LINKS || copy->opts.replace == REPLACE_NONE))
        return 0;
    if (rc == 1)
        return item_add_refused(copy, feed, parent, name, REFUSED_SAME_FILE);
    if (rc < 0)
        return item_add_failed(copy, feed, parent, name, STEP_OPEN_DEST, rc);
    if (copy->pool && !op->created && !op->to->names && copy_opts_decide_first(&copy->opts))
        op->to->names = names_list(fd);
    if (!dir->op) /* a thread may be reading it */
        dir->op = op;
    dir->release = dir_copied;
    dir->dest_dir = op->to;
    return copy->opts.verbose && op->created ? add_made(copy, feed, parent, name) : 0;
}

int directory_enter(struct feed *feed, struct dir *dir, const char *name, void *arg)
{
    struct directory *prepared = dir->op;
    struct directory *op = prepared ? prepared : calloc(1, sizeof(*op));
    int rc;

    (void)ahead_missing(arg, dir->parent, name); /* the look has served */
    rc = op ? enter(arg, feed, dir, name, op) : -ENOMEM;
    assert(!dir->op || dir->op == op);
    if (dir->release == dir_copied)
        return rc;
    if (op && !prepared)
        free_op(op);
    return rc < 0 ? rc : 1; /* it is left out */
}
