/* overwrite.c: see overwrite.h.
 *
 * The order of the questions is GNU cp's: it decides which message is printed if several apply. The
 * same file? older? wanted? of a kind that can be replaced? backup, or removal. */
#define _GNU_SOURCE
#include "overwrite.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../base/access.h"
#include "../base/temp.h"
#include "../base/unfinished.h"
#include "entry.h"
#include "seen.h"
#include "update.h"
#include "written.h"
#include "../base/retry.h"

/* Tells whether source and destination are one directory entry, not only one inode. */
static bool same_entry(const struct file *file)
{
    const struct item *op = file->op;

    return entry_same(file->dir, file->name, op->to, op->to_name, 0);
}

enum sameness { SAME_NONE, SAME_SKIP, SAME_REFUSED };

/* Tells whether source and destination, one of them a symbolic link, lead to one file. */
static bool lead_to_one(const struct file *file, const struct stat *from, const struct stat *to)
{
    const struct item *op = file->op;
    struct stat a = *from, b = *to;

    if (S_ISLNK(a.st_mode) && fstatat(file->dir->fd, file->name, &a, 0) < 0)
        return false;
    if (S_ISLNK(b.st_mode) && fstatat(op->to->fd, op->to_name, &b, 0) < 0)
        return false;
    return entry_same_inode(&a, &b);
}

/* Tells whether the copy would destroy its source. from, to: source and destination, links not
 * followed; they are one file, or may lead to one. */
static enum sameness would_destroy(const struct copy *copy, const struct file *file,
                                   const struct stat *from, const struct stat *to)
{
    const struct copy_opts *opts = &copy->opts;
    bool from_link = S_ISLNK(from->st_mode), to_link = S_ISLNK(to->st_mode);
    bool one_inode = entry_same_inode(from, to);

    if (opts->backup != BACKUP_NONE) {
        /* moved aside, the destination would leave a link to it dangling */
        if (!one_inode)
            return item_follows(copy, file) && from_link && !to_link ? SAME_REFUSED : SAME_NONE;
        return same_entry(file) ? SAME_REFUSED : SAME_NONE;
    }
    if (opts->remove_destination &&
        (to_link || (one_inode && to->st_nlink > 1 && !same_entry(file))))
        return SAME_NONE;
    if (!from_link && !to_link && !one_inode)
        return SAME_NONE;
    if (opts->make == MAKE_SYMLINKS && to_link)
        return SAME_NONE;
    if (!item_follows(copy, file)) {
        if (!lead_to_one(file, from, to))
            return SAME_NONE;
        if (opts->make == MAKE_HARD_LINKS)
            return to_link ? SAME_NONE : SAME_SKIP;
    }
    return SAME_REFUSED;
}

static enum sameness sameness(const struct copy *copy, const struct file *file,
                              const struct stat *st, const struct stat *at)
{
    const struct copy_opts *opts = &copy->opts;
    const struct item *op = file->op;
    bool one_inode = entry_same_inode(st, at);
    struct stat from = *st, to = *at;

    if (one_inode && opts->make == MAKE_HARD_LINKS)
        return SAME_SKIP;
    if (!item_follows(copy, file)) {
        if (S_ISLNK(st->st_mode) && S_ISLNK(at->st_mode)) {
            if (same_entry(file))
                return SAME_REFUSED;
            return one_inode && opts->backup == BACKUP_NONE ? SAME_SKIP : SAME_NONE;
        }
    } else {
        if (!one_inode || fstatat(file->dir->fd, file->name, &from, AT_SYMLINK_NOFOLLOW) < 0 ||
            fstatat(op->to->fd, op->to_name, &to, AT_SYMLINK_NOFOLLOW) < 0)
            return SAME_NONE;
        if (S_ISLNK(from.st_mode) && S_ISLNK(to.st_mode) && opts->remove_destination)
            return SAME_NONE;
    }
    return would_destroy(copy, file, &from, &to);
}

/* Tells whether a backup of the destination would get the source's name, and so destroy it. */
static bool backup_is_source(const struct copy_opts *opts, const struct file *file,
                             const struct stat *st)
{
    const struct item *op = file->op;
    struct stat at;
    char *backup;
    bool is_source;

    if (opts->backup == BACKUP_NUMBERED)
        return false;
    backup = backup_name(op->to->fd, op->to_name, BACKUP_SIMPLE, opts->backup_suffix);
    is_source = backup && strcmp(entry_base(file->name), entry_base(backup)) == 0 &&
                fstatat(op->to->fd, backup, &at, 0) == 0 && entry_same_inode(&at, st);
    free(backup);
    return is_source;
}

/* How what is there loses its name. */
struct move {
    int (*away)(const struct copy *copy, struct file *file, const struct move *move);
    int (*make)(const void *arg, int dir_fd, const char *name); /* NULL: nothing replaces it */
    const void *arg;
};

/* Moves what is there, unless the run has just made it: another source may have taken away what was
 * there, and made its own file, by a path that leads to the same entry. Or it is writing it over.
 */
static int move_old(const struct copy *copy, struct file *file, const struct move *move)
{
    const struct item *op = file->op;
    pthread_mutex_t *lock;
    struct stat now;
    int rc;

    if (fstatat(op->to->fd, op->to_name, &now, AT_SYMLINK_NOFOLLOW) < 0) {
        if (errno != ENOENT)
            return move->away(copy, file, move);
        /* gone; what comes now is another's */
        return move->make ? move->make(move->arg, op->to->fd, op->to_name) : 0;
    }
    if (now.st_ctim.tv_sec >= copy->begun) /* its maker may not have noted it yet */
        written_settle(copy->written);
    lock = written_lock(copy->written, &now);
    pthread_mutex_lock(lock);
    if (overwrite_collides(copy, op, &now)) {
        rc = item_refuse(file, REFUSED_JUST_CREATED);
    } else {
        rc = move->away(copy, file, move);
        written_moved(copy->written);
    }
    pthread_mutex_unlock(lock);
    return rc;
}

/* Takes what is there out of the way. Returns what move->away does, or -errno with the file failed.
 */
static int move_away(const struct copy *copy, struct file *file, const struct move *move)
{
    const struct item *op = file->op;
    pthread_mutex_t *lock;
    int rc;

    if (!copy->written || copy->opts.backup == BACKUP_NUMBERED)
        return move->away(copy, file, move);
    lock = temp_names_lock(op->to->fd);
    pthread_mutex_lock(lock);
    rc = move_old(copy, file, move);
    pthread_mutex_unlock(lock);
    return rc;
}

static int move_to_backup(const struct copy *copy, struct file *file, const struct move *move)
{
    struct item *op = file->op;
    int rc;

    (void)move;
    unfinished_backup_begin();
    rc = backup_make(op->to->fd, op->to_name, copy->opts.backup, copy->opts.backup_suffix,
                     &op->backup);
    unfinished_backup_made(&op->unfinished_backup, op->to->fd, op->to_name, op->backup);
    if (rc < 0 && rc != -ENOENT) {
        op->attempted = false;
        file_fail(file, STEP_BACKUP, rc);
        return rc;
    }
    return 0;
}

static int back_up(const struct copy *copy, struct file *file, const struct stat *st)
{
    const struct item *op = file->op;
    int rc;

    if (backup_is_source(&copy->opts, file, st))
        return item_refuse(file, REFUSED_BACKUP_IS_SOURCE);
    if (copy->opts.dry_run)
        return OVERWRITE_CREATE;
    if (op->backup) { /* another process has made a file since */
        file_fail(file, STEP_CREATE, -EEXIST);
        return -EEXIST;
    }
    rc = move_away(copy, file, &(struct move){.away = move_to_backup});
    return rc < 0 ? rc : OVERWRITE_CREATE;
}

static int remove_name(const struct copy *copy, struct file *file, const struct move *move)
{
    const struct item *op = file->op;

    (void)copy;
    (void)move;
    return unlinkat(op->to->fd, op->to_name, 0) < 0 && errno != ENOENT
               ? item_fail(file, STEP_REMOVE)
               : 0;
}

int overwrite_remove(const struct copy *copy, struct file *file)
{
    return move_away(copy, file, &(struct move){.away = remove_name});
}

static int replace_name(const struct copy *copy, struct file *file, const struct move *move)
{
    const struct item *op = file->op;

    (void)copy;
    return temp_replace(op->to->fd, op->to_name, TEMP_PREFIX, move->make, move->arg);
}

int overwrite_replace(const struct copy *copy, struct file *file,
                      int (*make)(const void *arg, int dir_fd, const char *name), const void *arg)
{
    return move_away(copy, file, &(struct move){replace_name, make, arg});
}

bool overwrite_gives_way(const struct copy *copy, const struct file *file, const struct stat *st,
                         const struct stat *at)
{
    const struct copy_opts *opts = &copy->opts;

    if (opts->remove_destination || opts->attributes_only)
        return opts->remove_destination;
    return (opts->preserve_links && at->st_nlink > 1) || /* its other names keep what they have */
           (!item_follows(copy, file) && !S_ISREG(st->st_mode));
}

bool overwrite_stays(const struct copy *copy, const struct item *op, const struct stat *at,
                     const struct link_target *made)
{
    enum backup_kind backup = copy->opts.backup;

    if (!hard_links_is_target(at, made) || (backup != BACKUP_NUMBERED && seen_is_copy(op, at)))
        return false;
    return backup == BACKUP_NONE ||
           entry_same(copy->cwd, made->path, op->to, op->to_name, AT_SYMLINK_NOFOLLOW);
}

/* Tells whether another name of the source has been copied to this name: without it, there would be
 * nothing to link to. */
static bool is_copied(const struct copy *copy, const struct item *op, const struct stat *st,
                      const struct stat *at)
{
    struct link_target made;

    return copy->links && hard_links_made(copy->links, st, &made) &&
           overwrite_stays(copy, op, at, &made);
}

static int skip(struct file *file)
{
    struct item *op = file->op;

    op->skipped = true;
    op->attempted = false;
    return OVERWRITE_SKIP;
}

/* Tells which question -i asks. As in cp, root counts as able to write to any file, even on a
 * read-only filesystem. */
static bool looks_writable(const struct item *op, const struct stat *at)
{
    return S_ISLNK(at->st_mode) || geteuid() == 0 ||
           access_effective(op->to->fd, op->to_name, W_OK) == 0;
}

/* Decides by the options whether to replace an existing file. */
static int wanted(const struct copy *copy, struct file *file, const struct stat *st,
                  const struct stat *at)
{
    const struct copy_opts *opts = &copy->opts;
    struct item *op = file->op;

    if (opts->replace == REPLACE_NONE_FAIL)
        return item_refuse(file, REFUSED_EXISTS);
    op->unwanted = true;
    if (opts->replace == REPLACE_NONE)
        return skip(file);
    if (update_leaves(copy, file, st, at)) {
        op->deferred = op->may_defer;
        if (!op->deferred)
            update_attributes(copy, file, st, at);
        return skip(file);
    }
    if (opts->replace == REPLACE_ASKED && !opts->dry_run &&
        !opts->ask(opts->ask_arg, file, at->st_mode, looks_writable(op, at)))
        return item_refuse(file, REFUSED_DECLINED);
    op->unwanted = false;
    return OVERWRITE_WRITE;
}

int overwrite_stat_failed(const struct copy *copy, struct file *file)
{
    struct item *op = file->op;

    if (errno == ELOOP && copy->opts.force)
        return item_fail(file, STEP_REMOVE);
    op->attempted = false;
    return item_fail(file, STEP_STAT_DEST);
}

/* Tells whether an operand before this one that is not copied may read what is there by another
 * name. A symbolic link leads it to the name; a hard link leads to the file, if that is written
 * over. */
static bool may_be_read(const struct copy *copy, const struct item *op, const struct stat *at,
                        bool over)
{
    return atomic_load(&copy->retired) < op->earlier &&
           (op->through_links || S_ISLNK(at->st_mode) ||
            (over && (op->via_symlink || at->st_nlink > 1)));
}

bool overwrite_collides(const struct copy *copy, const struct item *op, const struct stat *at)
{
    const void *scope = NULL;
    enum written_how how = written_find(copy->written, at, op->to->fd, op->to_name,
                                        AT_SYMLINK_NOFOLLOW, &scope);

    if (copy->opts.backup == BACKUP_NUMBERED)
        return false;
    if (item_names_are_noted(op->to) &&
        written_name_collides(copy->written, op->to, op->to_name, op->scope) == 1)
        return true;
    return scope == op->scope &&
           (how == WRITTEN_CREATED || (how == WRITTEN_OVER && at->st_nlink == 1));
}

/* Finds out what is there. Returns an enum overwrite or -errno. */
static int stat_dest(const struct copy *copy, struct file *file, const struct stat *st,
                     struct stat *at)
{
    const struct copy_opts *opts = &copy->opts;
    struct item *op = file->op;
    bool as_regular = !opts->recursive || opts->copy_contents;
    bool itself = opts->make != MAKE_COPIES || opts->backup != BACKUP_NONE ||
                  opts->remove_destination ||
                  !(S_ISREG(st->st_mode) || (as_regular && !S_ISLNK(st->st_mode)));
    const void *scope;
    struct stat target;

    op->dangling = false;
    if (op->to->created) /* whatever is there the run has made: that is an error, as with cp */
        return OVERWRITE_CREATE;
    if (fstatat(op->to->fd, op->to_name, at, AT_SYMLINK_NOFOLLOW) < 0)
        return errno == ENOENT || (errno == EBADF && opts->dry_run)
                   ? OVERWRITE_CREATE
                   : overwrite_stat_failed(copy, file);
    if (opts->make == MAKE_HARD_LINKS && entry_same_inode(st, at)) /* it stays, whatever made it */
        return OVERWRITE_WRITE;
    if (overwrite_collides(copy, op, at))
        return item_refuse(file, S_ISLNK(at->st_mode) && !itself ? REFUSED_THROUGH_CREATED
                                                                 : REFUSED_JUST_CREATED);
    op->just_created = seen_is_copy(op, at);
    if (!S_ISLNK(at->st_mode) || itself)
        return OVERWRITE_WRITE;
    if (fstatat(op->to->fd, op->to_name, &target, 0) == 0) {
        /* a FIFO or a device that the run has made: opening the FIFO would not return */
        if (!S_ISREG(target.st_mode) && !S_ISDIR(target.st_mode) &&
            written_find(copy->written, &target, op->to->fd, op->to_name, 0, &scope) ==
                WRITTEN_CREATED)
            return item_refuse(file, REFUSED_JUST_CREATED);
        *at = target;
        op->via_symlink = true;
        return OVERWRITE_WRITE;
    }
    if (errno == ELOOP && opts->force) {
        at->st_mtim = (struct timespec){.tv_sec = INT64_MIN}; /* no file that could be newer */
        return OVERWRITE_WRITE; /* it cannot be opened, and is removed then */
    }
    if (errno != ENOENT)
        return overwrite_stat_failed(copy, file);
    if (opts->through_dangling && !op->just_created) {
        op->via_symlink = true;
        return OVERWRITE_WRITE;
    }
    op->dangling = true; /* cp notices when it opens it, and replaces it by a hard link */
    return OVERWRITE_CREATE;
}

int overwrite_refuse_dangling(struct file *file)
{
    struct item *op = file->op;

    item_refuse(file, op->just_created ? REFUSED_THROUGH_CREATED : REFUSED_DANGLING);
    op->attempted = true;
    return file->status;
}

int overwrite_check_output(const struct copy *copy, struct file *file, const struct stat *st)
{
    if (copy->output_old.st_ino && entry_same_inode(st, &copy->output_old))
        return item_refuse(file, REFUSED_OUTPUT_SOURCE);
    if (copy->output_new.st_ino && entry_same_inode(st, &copy->output_new))
        return skip(file);
    return OVERWRITE_CREATE;
}

enum written_how overwrite_note_digest(const struct copy *copy, struct file *file,
                                       const struct stat *at, int dir_fd, const char *name)
{
    const struct item *op = file->op;
    const void *scope;
    enum written_how how = written_find(copy->written, at, dir_fd, name,
                                        op->via_symlink ? 0 : AT_SYMLINK_NOFOLLOW, &scope);

    if (copy->opts.digest && how != WRITTEN_NONE)
        item_report(file, STEP_REDIGESTED, 0, false);
    return how;
}

int overwrite_decide(struct copy *copy, struct file *file, const struct stat *st, struct stat *at)
{
    const struct copy_opts *opts = &copy->opts;
    struct item *op = file->op;
    enum sameness same;
    bool later, over;
    int rc = overwrite_check_output(copy, file, st);

    unfinished_may_begin();
    if (rc == OVERWRITE_CREATE)
        rc = stat_dest(copy, file, st, at);
    if (rc != OVERWRITE_WRITE)
        return rc;
    if (copy->output_old.st_ino && entry_same_inode(at, &copy->output_old))
        return item_refuse(file, REFUSED_OUTPUT_DEST);
    /* what is left in any case may be the same file, too */
    same = opts->replace == REPLACE_NONE ? SAME_NONE : sameness(copy, file, st, at);
    if (same == SAME_REFUSED)
        return item_refuse(file, REFUSED_SAME_FILE);
    if (same == SAME_SKIP)
        return skip(file);
    over = opts->backup == BACKUP_NONE && !overwrite_gives_way(copy, file, st, at);
    later = may_be_read(copy, op, at, over);
    if (later && opts->replace == REPLACE_ASKED) /* the user is asked once */
        return OVERWRITE_LATER;
    rc = wanted(copy, file, st, at);
    if (rc != OVERWRITE_WRITE)
        return rc;
    if (S_ISDIR(at->st_mode))
        return item_refuse(file, REFUSED_OVER_DIRECTORY);
    if (op->just_created && opts->backup != BACKUP_NUMBERED)
        return item_refuse(file, op->via_symlink ? REFUSED_THROUGH_CREATED : REFUSED_JUST_CREATED);
    if (later)
        return OVERWRITE_LATER;
    if (is_copied(copy, op, st, at)) { /* dest_link finds it, too, and notes it */
        op->overwrite_decided = true;
        return OVERWRITE_WRITE;
    }
    if (!over) /* that is for dest_create, when no other thread writes it */
        overwrite_note_digest(copy, file, at, op->to->fd, op->to_name);
    if (opts->backup != BACKUP_NONE)
        return back_up(copy, file, st);
    if (over) {
        op->overwrite_decided = true;
        op->over_regular = S_ISREG(at->st_mode);
        return OVERWRITE_WRITE;
    }
    rc = opts->dry_run ? 0 : overwrite_remove(copy, file);
    if (rc < 0) {
        op->attempted = false;
        return rc;
    }
    op->replaced = true;
    return OVERWRITE_CREATE;
}
