/* directories.c: the directories of a copy: made before what is in them, finished after it. See
 * directories.h. */
#define _GNU_SOURCE
#include "directories.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "attr.h"
#include "overwrite.h"
#include "reach.h"
#include "seen.h"
#include "written.h"
#include "temp.h"

/* A directory that is being copied: the op of the source's struct dir, or, for one that --parents
 * has made, of the destination's. */
struct tree_dir {
    struct copy *copy;
    struct dir *to; /* owned reference; NULL where the destination's struct dir has this */
    struct stat st; /* the source's */
    bool created;
    bool finished; /* --parents: its attributes stay as they are, and so does its mode */
};

/* Rights that a directory has not got until all is in it: it is nobody's to write into, and where
 * it will have another owner, nobody's to see. */
static mode_t withheld(const struct copy *copy)
{
    return copy->opts.preserve_owner || copy->opts.preserve_mode ? S_IRWXG | S_IRWXO
                                                                 : S_IWGRP | S_IWOTH;
}

struct late_arg {
    struct copy *copy;
    const struct dir *from, *to;
};

static void report_late(void *arg, enum step step, int status, bool harmless)
{
    struct late_arg *at = arg;
    const struct dir *dir = step == STEP_LIST_XATTR ? at->from : at->to;
    struct copy_late *late = malloc(sizeof(*late) + dir->path_len + 1);

    if (!late)
        return;
    *late = (struct copy_late){atomic_load(&at->copy->late), step, status, harmless};
    dir_path_copy(dir, late->path);
    while (!atomic_compare_exchange_weak(&at->copy->late, &late->next, late))
        ;
}

/* Gives the directory the rights that mkdir(2) would have given it. */
static int give_rights(const struct tree_dir *op, int fd)
{
    const struct copy *copy = op->copy;
    mode_t missing = withheld(copy) & op->st.st_mode & ~copy->umask;
    mode_t surplus = S_IRWXU & ~(op->st.st_mode & ~copy->umask);
    struct stat now;

    if (!op->created || copy->opts.preserve_mode || copy->opts.default_mode ||
        (missing | surplus) == 0)
        return 0;
    if (fstat(fd, &now) < 0 || fchmod(fd, ((now.st_mode & 07777) | missing) & ~surplus) < 0)
        return -errno;
    return 0;
}

/* All that is in it has been copied. */
static void finish(const struct tree_dir *op, const struct dir *to, const struct dir *dir)
{
    struct late_arg late = {op->copy, dir, to};
    struct attr_at from = {.fd = dir->fd}, at = {.fd = to->fd};
    int rc;

    if (to->fd < 0 || dir->fd < 0)
        return;
    rc = give_rights(op, to->fd);
    if (rc < 0)
        report_late(&late, STEP_MODE, rc, false);
    attr_copy(op->copy, &from, &at, &op->st, op->created, report_late, &late);
}

/* The last reference to a walked directory goes. */
static void dir_copied(struct dir *dir)
{
    struct tree_dir *op = dir->op;

    if (!op->copy->opts.dry_run)
        finish(op, op->to, dir);
    dir_put(op->to);
    free(op);
}

static int make(const struct copy *copy, struct dir *to, const char *name, const struct stat *st)
{
    mode_t wanted = copy->opts.default_mode ? S_IRWXU | S_IRWXG | S_IRWXO : st->st_mode & 01777;
    mode_t mode = (wanted & ~withheld(copy)) | S_IRWXU;

    if (mkdirat(to->fd, name, mode) < 0)
        return -errno;
    /* the umask may have taken our own rights to write into it */
    if ((copy->umask & S_IRWXU) &&
        reach_chmod(&(struct attr_at){.fd = -1, .dir_fd = to->fd, .name = name},
                    (mode & ~copy->umask) | S_IRWXU) < 0)
        return -errno;
    return 0;
}

/* Makes or finds the destination of a directory, and opens it. The descriptor, or -errno with
 * *step. */
static int make_dir(struct copy *copy, struct dir *to, const char *name, const struct stat *st,
                    bool may_follow, bool *created, enum step *step)
{
    int follow = may_follow ? 0 : O_NOFOLLOW;
    int rc = copy->opts.dry_run ? -EEXIST : make(copy, to, name, st);
    struct stat at;
    int fd;

    *step = STEP_MAKE_DIR;
    *created = rc == 0;
    if (rc == -EEXIST && to->created && !copy->opts.dry_run) {
        return rc; /* two sources have one name here */
    } else if (rc == -EEXIST) {
        if (fstatat(to->fd, name, &at, follow ? AT_SYMLINK_NOFOLLOW : 0) < 0) {
            /* what a link leads nowhere by exists, but is no directory */
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
        /* as cp, which looks first */
        if (fstatat(to->fd, name, &at, AT_SYMLINK_NOFOLLOW) < 0 && errno != ENOENT) {
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
    if (fd >= 0 && !*created && copy->opts.atomic && !copy->opts.dry_run)
        temp_sweep(fd, TEMP_PREFIX);
    return fd < 0 ? -errno : fd;
}

/* Adds a line for a directory that has been made, for callers that tell. */
static int tell_dir(struct copy *copy, struct feed *feed, struct dir *parent, const char *name)
{
    struct file *file = copy_file_new(copy, feed, parent, name);

    if (!file)
        return -ENOMEM;
    ((struct copy_file *)file->op)->copied = true;
    file->type = DT_DIR;
    return feed_add_done(feed, file);
}

static int met_device(struct copy *copy, int fd)
{
    struct stat st;

    if (!copy->met_device || fstat(fd, &st) < 0 || st.st_dev == copy->last_dev)
        return 0;
    copy->last_dev = st.st_dev;
    return copy->met_device(copy->met_arg, fd, st.st_dev);
}

/* The first directory that an operand makes must not be met among the sources; and it may be its
 * own source, whose metadata is not ours to touch. Returns 1 for that one. */
static int note_top(struct copy *copy, const struct stat *st, int fd)
{
    struct stat made;

    if (fd < 0)
        return 0;
    if (fstat(fd, &made) < 0)
        return -errno;
    copy->top_dev = made.st_dev;
    copy->top_ino = made.st_ino;
    return existing_same_inode(&made, st);
}

/* Whether what is there in the place of a directory is a symbolic link to that directory; cp does
 * not look where it would not have written through the link. */
static bool is_itself(const struct copy *copy, const struct stat *st, bool top,
                      const struct dir *to, const char *to_name)
{
    const struct copy_opts *opts = &copy->opts;
    struct stat at;

    return opts->follow != FOLLOW_ALWAYS && !(top && opts->follow == FOLLOW_OPERANDS) &&
           opts->make == MAKE_COPIES && opts->backup == BACKUP_NONE && !opts->remove_destination &&
           opts->replace == REPLACE_ALL && fstatat(to->fd, to_name, &at, 0) == 0 &&
           existing_same_inode(&at, st);
}

/* Adds a directory that an operand has taken elsewhere, or, where it went to this place, the
 * operand that leads to it again. */
static int add_twice(struct copy *copy, struct feed *feed, struct dir *parent, const char *name,
                     enum refusal refusal, const char *elsewhere)
{
    struct file *file;

    if (refusal == REFUSED_DIRECTORY_TWICE)
        return copy_add_refused(copy, feed, copy->cwd, copy->source->name, refusal);
    file = copy_file_new(copy, feed, parent, name);
    if (!file)
        return -ENOMEM;
    ((struct copy_file *)file->op)->elsewhere = elsewhere;
    copy_refuse(file, refusal);
    return feed_add_done(feed, file);
}

/* Adds a directory whose destination could not be made. */
static int add_unmade(struct copy *copy, struct feed *feed, struct dir *parent, const char *name,
                      enum step step, int status, bool itself)
{
    if (step != STEP_REFUSED)
        return copy_add_failed(copy, feed, parent, name, step, status);
    return copy_add_refused(copy, feed, parent, name,
                            itself ? REFUSED_SAME_FILE : REFUSED_OVER_FILE);
}

/* Notes a directory that has been made where others were, or looks at one that was found. Returns
 * false, with *rc, if another directory of this operand has become that one, which would be lost in
 * it: the filesystem does not tell their names apart. */
static bool note_directory(struct copy *copy, struct feed *feed, int *rc, const struct dir *to,
                           const char *to_name, int fd, bool created)
{
    const void *scope = NULL;
    struct stat at;

    *rc = 0;
    if (!copy->written)
        return true;
    if (copy_names_are_noted(to)) {
        *rc = copy_note_name(copy, feed, to, to_name, copy->source);
        if (*rc < 0)
            return false;
        *rc = 0;
        if (!created && written_name_twice(copy->written, to, to_name, copy->source) == 1)
            return false;
    }
    if (fstat(fd, &at) < 0) {
        *rc = -errno;
        return false;
    }
    if (created) {
        *rc = written_add(copy->written, &at, copy->source, WRITTEN_CREATED);
        return *rc == 0;
    }
    if (written_find(copy->written, &at, &scope) == WRITTEN_NOT)
        return true;
    if (scope == copy->source)
        return false;
    /* an earlier operand's: its files come first, and are written over */
    while (feed_drain_half(feed))
        ;
    return true;
}

static int enter(struct copy *copy, struct feed *feed, struct dir *dir, const char *name,
                 struct tree_dir *op)
{
    bool top = dir->parent->op == NULL;
    struct dir *parent = dir->parent;
    struct tree_dir *above = parent->op;
    struct dir *to = above ? above->to : copy->source_to;
    const char *to_name = above ? name : copy->source_to_name, *elsewhere;
    enum step step;
    int fd, rc;

    if (fstat(dir->fd, &op->st) < 0)
        return copy_add_failed(copy, feed, parent, name, STEP_STAT, -errno);
    if (!top && op->st.st_dev == copy->top_dev && op->st.st_ino == copy->top_ino)
        return copy_add_refused(copy, feed, copy->cwd, copy->source->name, REFUSED_INTO_ITSELF);
    rc = copy->source_count > 1 ? twice_directory(copy, &op->st, top, to, to_name, &elsewhere) : 0;
    if (rc != REFUSED_NOT)
        return rc < 0 ? rc : add_twice(copy, feed, parent, name, rc, elsewhere);
    fd = make_dir(copy, to, to_name, &op->st, copy->opts.keep_directory_symlinks, &op->created,
                  &step);
    if (fd < 0 && copy->opts.dry_run && step == STEP_STAT_DEST)
        op->created = true; /* it would be */
    else if (fd < 0)
        return add_unmade(copy, feed, parent, name, step, fd,
                          is_itself(copy, &op->st, top, to, to_name));
    op->to = dir_new(to, to_name, fd);
    if (!op->to) {
        close(fd);
        return -ENOMEM;
    }
    op->to->created = op->created;
    if (op->created)
        op->to->medium = to->medium;
    copy_find_medium(copy, op->to);
    if (fd >= 0 && !to->created && !note_directory(copy, feed, &rc, to, to_name, fd, op->created))
        return copy_add_failed(copy, feed, parent, name, STEP_MAKE_DIR, rc < 0 ? rc : -EEXIST);
    rc = top ? note_top(copy, &op->st, fd) : 0;
    if (rc == 0)
        rc = met_device(copy, fd);
    if (rc == 1 && copy->opts.make == MAKE_HARD_LINKS)
        return 0; /* it is linked there already */
    if (rc == 1)
        return copy_add_refused(copy, feed, parent, name, REFUSED_SAME_FILE);
    if (rc < 0)
        return copy_add_failed(copy, feed, parent, name, STEP_OPEN_DEST, rc);
    op->copy = copy;
    dir->op = op;
    dir->release = dir_copied;
    dir->twin = op->to;
    return copy->opts.verbose && op->created ? tell_dir(copy, feed, parent, name) : 0;
}

int tree_enter(struct feed *feed, struct dir *dir, const char *name, void *arg)
{
    struct tree_dir *op = calloc(1, sizeof(*op));
    int rc = op ? enter(arg, feed, dir, name, op) : -ENOMEM;

    if (op && !dir->op) { /* it is left out */
        dir_put(op->to);
        free(op);
        return rc < 0 ? rc : 1;
    }
    return rc;
}

/* -- --parents -- */

/* The source of a directory that --parents has made or found: its path is behind the struct. */
static const char *parent_source(const struct tree_dir *op)
{
    return (const char *)(op + 1);
}

/* The last reference to such a directory goes. */
static void parent_copied(struct dir *dir)
{
    struct tree_dir *op = dir->op;
    const char *source = parent_source(op);
    int fd = op->finished ? -1 : path_open(source, O_PATH | O_DIRECTORY | O_CLOEXEC);
    struct dir *from = fd >= 0 ? dir_new(op->copy->cwd, source, fd) : NULL;

    if (from)
        finish(op, dir, from);
    else if (fd >= 0)
        close(fd);
    dir_put(from);
    free(op);
}

/* Adds what became of one of these directories: source is its name as the operand has it. */
static int tell_parent(struct copy *copy, struct feed *feed, struct dir *to, const char *source,
                       enum step step, int status)
{
    struct file *file = feed_file(feed, copy->cwd, source, strlen(source));
    struct copy_file *op = file ? file->op : NULL;

    if (!file)
        return -ENOMEM;
    op->to = dir_get(to);
    op->to_name = strrchr(file->name, '/') ? strrchr(file->name, '/') + 1 : file->name;
    op->parent = true;
    op->copied = status == 0;
    if (step == STEP_REFUSED)
        op->refusal = REFUSED_NOT_DIRECTORY;
    file->type = DT_DIR;
    if (status < 0)
        file_fail(file, step, status);
    return feed_add_done(feed, file);
}

/* What is there already can do without its source, which the operand's own failure tells of. */
static bool is_source_needed(const struct tree_dir *op, const struct dir *to, const char *name)
{
    const struct copy_opts *opts = &op->copy->opts;
    struct stat at;

    return (!op->finished &&
            (opts->preserve_owner || opts->preserve_mode || opts->preserve_times)) ||
           fstatat(to->fd, name, &at, 0) < 0;
}

/* Makes one of them: source up to len, whose last part is name. Replaces *to. Returns as
 * tree_parents does. */
static int make_parent(struct copy *copy, struct feed *feed, struct dir **to, const char *source,
                       size_t len, const char *name, bool finished)
{
    struct tree_dir *op = calloc(1, sizeof(*op) + len + 1);
    char *path;
    enum step step = STEP_STAT_PARENT;
    int fd, rc;

    if (!op)
        return -ENOMEM;
    path = (char *)parent_source(op);
    op->copy = copy;
    op->finished = finished || copy->opts.dry_run;
    memcpy(path, source, len);
    fd = stat(path, &op->st) < 0 ? -errno : S_ISDIR(op->st.st_mode) ? 0 : -ENOTDIR;
    if (fd == 0 || !is_source_needed(op, *to, name))
        fd = make_dir(copy, *to, name, &op->st, true, &op->created, &step);
    if (fd < 0 && !(copy->opts.dry_run && step == STEP_STAT_DEST)) {
        rc = tell_parent(copy, feed, *to, path, step == STEP_MAKE_DIR ? STEP_MAKE_PARENT : step,
                         fd);
        free(op);
        return rc < 0 ? rc : 1;
    }
    rc = op->created && copy->opts.verbose ? tell_parent(copy, feed, *to, path, STEP_NONE, 0) : 0;
    if (rc == 0) {
        struct dir *made = dir_new(*to, name, fd < 0 ? -1 : fd);
        if (made) {
            made->op = op;
            made->release = parent_copied;
            dir_put(*to);
            *to = made;
            return met_device(copy, fd);
        }
        rc = -ENOMEM;
    }
    if (fd >= 0)
        close(fd);
    free(op);
    return rc;
}

/* One of an operand's directories could not be made. Those that were made for it, up to the last
 * one that it shares, remain their owner's to write into, and get no attributes, as with cp. */
static void give_up(const struct copy *copy, struct dir *dir, const struct dir *shared)
{
    const struct copy_opts *opts = &copy->opts;
    mode_t others = opts->preserve_owner  ? 0
                    : opts->preserve_mode ? (S_IRWXG | S_IRWXO) & ~(S_IWGRP | S_IWOTH)
                                          : S_IRWXG | S_IRWXO;
    struct stat now;

    for (; dir != shared; dir = dir->parent) {
        struct tree_dir *op = dir->op;
        mode_t wanted = opts->default_mode ? S_IRWXG | S_IRWXO : op->st.st_mode;
        if (op->created && fstat(dir->fd, &now) == 0)
            (void)fchmod(dir->fd, (now.st_mode & 07777) | (wanted & others & ~copy->umask));
        op->finished = true;
    }
}

/* Of the directories that the operand before this one went to, the last that this one shares: they
 * get their times when all operands in them have been copied. A new reference; path_len: how much
 * of the name that is. */
static struct dir *shared_parent(const struct copy *copy, const char *name, size_t *path_len)
{
    struct dir *dir = copy->parents;

    for (; dir && dir->release == parent_copied; dir = dir->parent) {
        const char *path = parent_source(dir->op);
        *path_len = strlen(path);
        if (strncmp(path, name, *path_len) == 0 && name[*path_len] == '/')
            return dir_get(dir);
    }
    *path_len = 0;
    return dir_get(copy->source->to);
}

/* Whether all of an operand's directories are there already: cp leaves them as they are then, and
 * otherwise gives each of them, also one that was there, its source's attributes. */
static bool parents_exist(const struct copy_source *source)
{
    const char *slash = strrchr(source->to_name, '/');
    char *path = slash ? strndup(source->to_name, (size_t)(slash - source->to_name)) : NULL;
    struct stat st;
    bool exist = path && fstatat(source->to->fd, path, &st, 0) == 0;

    free(path);
    return exist;
}

int tree_parents(struct copy *copy, struct feed *feed, const struct copy_source *source)
{
    const char *name = source->name;
    /* what to_name leaves out: the slashes that it may begin with */
    size_t skipped = strspn(name, "/"), len;
    bool finished = parents_exist(source);
    struct dir *shared;
    const char *at;
    int rc = 0;

    dir_put(copy->source_to);
    copy->source_to = shared_parent(copy, name, &len);
    shared = dir_get(copy->source_to);
    at = source->to_name + (len > skipped ? len - skipped : 0);
    at += strspn(at, "/");
    while (rc == 0) {
        const char *end = strchr(at, '/');
        char *part = end ? strndup(at, (size_t)(end - at)) : NULL;
        if (!end)
            break;
        len = skipped + (size_t)(end - source->to_name);
        rc = part ? make_parent(copy, feed, &copy->source_to, name, len, part, finished) : -ENOMEM;
        free(part);
        at = end + strspn(end, "/");
    }
    copy->source_to_name = at;
    if (rc == 1)
        give_up(copy, copy->source_to, shared);
    dir_put(copy->parents);
    copy->parents = dir_get(rc == 1 ? shared : copy->source_to);
    dir_put(shared);
    return rc;
}
