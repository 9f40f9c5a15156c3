/* parents.c: the directories of an operand's path, which --parents makes below the destination. See
 * parents.h. */
#define _GNU_SOURCE
#include "parents.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../base/path.h"
#include "ahead.h"
#include "directory.h"
#include "seen.h"
#include "../base/retry.h"

/* Returns the path of the source of a directory that --parents has made or found: it is behind the
 * struct. */
static const char *parent_source(const struct directory *op)
{
    return (const char *)(op + 1);
}

/* Ends such a directory: its last reference has gone. */
static bool parent_copied(struct dir *dir)
{
    struct directory *op = dir->op;
    const char *source = parent_source(op);
    int fd = op->finished ? -1 : path_open(source, O_PATH | O_DIRECTORY | O_CLOEXEC);
    int status = fd < 0 ? -errno : 0;
    bool known = !op->finished && S_ISDIR(op->st.st_mode);
    struct dir *from = known ? dir_new(op->copy->cwd, source, fd) : NULL;

    if (from)
        directory_finish(op, dir, from, status);
    else if (fd >= 0)
        close(fd);
    dir_put(from);
    free(op);
    return false;
}

/* Adds what became of one of these directories: source is its name as the operand has it. */
static int add_parent(struct copy *copy, struct feed *feed, struct dir *to, const char *source,
                      enum step step, int status)
{
    struct file *file = feed_file(feed, copy->cwd, source, strlen(source));
    struct item *op = file ? file->op : NULL;

    if (!file)
        return -ENOMEM;
    op->to = dir_get(to);
    op->to_name = path_last(file->name);
    op->parent = true;
    op->copied = status == 0;
    if (step == STEP_REFUSED)
        op->refusal = REFUSED_NOT_DIRECTORY;
    file->type = DT_DIR;
    if (status < 0)
        file_fail(file, step, status);
    return feed_add_done(feed, file);
}

/* Tells whether the source of this directory is needed: the directory must be made, or gets its
 * attributes. If not, a missing source is reported as the operand's own failure. */
static bool is_source_needed(const struct directory *op, const struct dir *to, const char *name)
{
    const struct copy_opts *opts = &op->copy->opts;
    struct stat at;

    return (!op->finished &&
            (opts->preserve_owner || opts->preserve_mode || opts->preserve_times)) ||
           fstatat(to->fd, name, &at, 0) < 0;
}

/* Looks at the source of a directory. If this run has made it, it gets its attributes first. */
static int stat_source(struct copy *copy, struct feed *feed, const char *path, struct stat *st)
{
    if (fstatat(AT_FDCWD, path, st, AT_SYMLINK_NOFOLLOW) < 0)
        return -errno;
    if (S_ISLNK(st->st_mode)) {
        copy->through_links = true;
        if (stat(path, st) < 0)
            return -errno;
    }
    if (seen_made(copy, st)) {
        while (feed_drain_half(feed))
            ;
        ahead_settle(copy);
        dir_put(copy->parents);
        copy->parents = NULL;
        if (stat(path, st) < 0)
            return -errno;
    }
    return S_ISDIR(st->st_mode) ? 0 : -ENOTDIR;
}

/* Makes one of them: source up to len, whose last part is name. Replaces *to. Returns as
 * parents_make does. */
static int make_parent(struct copy *copy, struct feed *feed, struct dir **to, const char *source,
                       size_t len, const char *name, bool finished)
{
    struct directory *op = calloc(1, sizeof(*op) + len + 1);
    char *path;
    enum step step = STEP_STAT_PARENT;
    int fd, rc;

    if (!op)
        return -ENOMEM;
    path = (char *)parent_source(op);
    op->copy = copy;
    op->finished = finished || copy->opts.dry_run;
    memcpy(path, source, len);
    fd = stat_source(copy, feed, path, &op->st);
    if (copy->opts.in_parts)
        op->st.st_mode |= S_IRWXU;
    if (fd == 0 || !is_source_needed(op, *to, name))
        fd = directory_make(copy, *to, name, op, true, &step);
    if (copy->opts.in_parts)
        op->lent = 0; /* other runs copy into it */
    if (fd < 0 && !(copy->opts.dry_run && step == STEP_STAT_DEST)) {
        if (step == STEP_MAKE_DIR || step == STEP_STAT_DEST)
            step = STEP_MAKE_PARENT;
        rc = add_parent(copy, feed, *to, path, step, fd);
        free(op);
        return rc < 0 ? rc : 1;
    }
    rc = op->created && copy->source_count > 1 ? seen_note_made(copy, fd) : 0;
    if (rc == 0 && op->created && copy->opts.verbose)
        rc = add_parent(copy, feed, *to, path, STEP_NONE, 0);
    if (rc == 0) {
        struct dir *made = dir_new(*to, name, fd < 0 ? -1 : fd);
        if (made) {
            made->op = op;
            made->release = parent_copied;
            dir_put(*to);
            *to = made;
            return directory_on_filesystem(copy, fd);
        }
        rc = -ENOMEM;
    }
    if (fd >= 0)
        close(fd);
    free(op);
    return rc;
}

/* Ends an operand for which a directory could not be made. The directories that were made for it,
 * up to the last shared one, stay writable for their owner and get no attributes, as with cp. */
static void give_up(const struct copy *copy, struct dir *dir, const struct dir *shared)
{
    const struct copy_opts *opts = &copy->opts;
    mode_t others = opts->preserve_owner  ? 0
                    : opts->preserve_mode ? (S_IRWXG | S_IRWXO) & ~(S_IWGRP | S_IWOTH)
                                          : S_IRWXG | S_IRWXO;
    struct stat now;

    for (; dir != shared; dir = dir->parent) {
        struct directory *op = dir->op;
        mode_t wanted = opts->default_mode ? S_IRWXG | S_IRWXO : op->st.st_mode;
        if (op->created && fstat(dir->fd, &now) == 0)
            (void)fchmod(dir->fd, (now.st_mode & 07777) | (wanted & others & ~copy->umask));
        op->finished = true;
    }
}

/* Returns a reference to the last directory that this operand shares with the one before it, with
 * the length of its part of the name. Directories get their times when all operands in them have
 * been copied. */
static struct dir *shared_parent(const struct copy *copy, const char *name, size_t *path_len)
{
    struct dir *dir = copy->parents;

    for (; dir && dir->release == parent_copied; dir = dir->parent) {
        const char *path = parent_source(dir->op), *rest;
        *path_len = strlen(path);
        if (strncmp(path, name, *path_len) != 0)
            continue;
        rest = name + *path_len;
        if (*rest == '/' && rest[strspn(rest, "/")]) /* not that directory itself, as s/ */
            return dir_get(dir);
    }
    *path_len = 0;
    return dir_get(copy->source->to);
}

/* Tells whether all of an operand's directories are there already: cp leaves them as they are then,
 * and otherwise gives each of them, also one that was there, its source's attributes. */
static bool parents_exist(const struct copy_source *source)
{
    char *path = path_dir(source->to_name);
    struct stat st;
    bool exist = path && fstatat(source->to->fd, path, &st, 0) == 0;

    free(path);
    return exist;
}

int parents_make(struct copy *copy, struct feed *feed, const struct copy_source *source)
{
    const char *name = source->name;
    /* what to_name leaves out: the slashes that it may begin with */
    size_t skipped = strspn(name, "/"), len;
    struct dir *shared;
    const char *at;
    bool finished;
    int rc = 0;

    dir_put(copy->source_to);
    copy->source_to = shared_parent(copy, name, &len);
    shared = dir_get(copy->source_to);
    at = source->to_name + (len > skipped ? len - skipped : 0);
    at += strspn(at, "/");
    /* most operands need no directory besides those of the one before */
    finished = strchr(at, '/') && parents_exist(source);
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
