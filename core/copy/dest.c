/* dest.c: a copy's destination. See dest.h. */
#define _GNU_SOURCE
#include "dest.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "attr.h"
#include "entry.h"
#include "overwrite.h"
#include "hard_links.h"
#include "offload.h"
#include "temp.h"
#include "seen.h"

enum {
    HOLE_BYTES =
        4096, /* the smallest hole that is made of zeros: no filesystem here has larger blocks */
};

static const char zeros[64 * 1024];

/* The rights of a new file while it is being written. Until it has the right owner, a file that
 * keeps its owner is for nobody else; but if that is us, and its group may do what everyone may, it
 * has no more rights with a wrong group than at its end. Changing them then is spared: that takes
 * as long as setting the times. (A FIFO's mode says nothing of who may see what comes through.) */
static mode_t first_mode(const struct copy *copy, const struct stat *st, struct dest *dest)
{
    mode_t mode = st->st_mode & (S_IRWXU | S_IRWXG | S_IRWXO);

    if (!copy->opts.preserve_owner)
        return mode;
    if (S_ISREG(st->st_mode) && st->st_uid == copy->euid &&
        ((mode >> 3) & S_IRWXO) == (mode & S_IRWXO)) {
        dest->plain = attr_plain(&(struct attr_at){.fd = dest->source_fd});
        if (dest->plain)
            return mode;
    }
    return mode & S_IRWXU;
}

/* Opens what is there. Returns 0, 1 where it was removed instead, or -errno with the file failed.
 */
static int open_existing(const struct copy *copy, struct file *file, const struct stat *from,
                         struct dest *dest)
{
    struct copy_file *op = file->op;
    /* a link that was put there since we looked is not followed */
    int flags = O_WRONLY | O_CLOEXEC | O_NOCTTY | (op->through ? 0 : O_NOFOLLOW) |
                (op->through && copy->opts.through_dangling ? O_CREAT : 0) |
                (copy->opts.attributes_only ? 0 : O_TRUNC);
    struct stat st;

    dest->fd = openat(op->to->fd, op->to_name, flags, first_mode(copy, from, dest));
    if (dest->fd >= 0) {
        dest->regular = fstat(dest->fd, &st) == 0 && S_ISREG(st.st_mode);
        return 0;
    }
    if (!copy->opts.force || errno == ENOENT)
        return copy_fail(file, STEP_OPEN_DEST);
    if (unlinkat(op->to->fd, op->to_name, 0) < 0)
        return copy_fail(file, STEP_REMOVE);
    op->removed = true;
    return 1;
}

/* Tells a destination that could not even be looked up from one that could not be created. */
static int create_failed(const struct copy *copy, struct file *file)
{
    const struct copy_file *op = file->op;
    int status = errno;
    struct stat at;

    if (fstatat(op->to->fd, op->to_name, &at, 0) < 0) {
        if (errno != ENOENT)
            return existing_unseen(copy, file);
    } else if (S_ISDIR(at.st_mode)) {
        return copy_refuse(file, REFUSED_OVER_DIRECTORY);
    }
    /* a new name with a slash at its end */
    errno = status == EISDIR ? ENOTDIR : status;
    return copy_fail(file, STEP_CREATE);
}

static int create(const struct copy *copy, const struct file *file, const struct stat *st,
                  struct dest *dest)
{
    const struct copy_file *op = file->op;

    unfinished_begin();
    dest->fd = openat(op->to->fd, op->to_name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC,
                      first_mode(copy, st, dest));
    unfinished_created(&dest->unfinished, op->to->fd, dest->fd < 0 ? NULL : op->to_name);
    if (dest->fd < 0)
        return -errno;
    dest->created = dest->regular = true;
    return 0;
}

/* Most destinations are new: that is tried first, and only what exists is looked at. Returns 0, 1
 * for a file that is left as it is, or -errno with the file failed. */
static int create_or_open(struct copy *copy, struct file *file, const struct stat *st,
                          struct dest *dest)
{
    const struct copy_file *op = file->op;
    int rc = create(copy, file, st, dest);
    struct stat at;

    if (rc == -EEXIST) {
        rc = op->existing_seen ? EXISTING_OVER : existing_settle(copy, file, st, &at);
        if (rc < 0 || rc == EXISTING_LEFT)
            return rc < 0 ? rc : 1;
        if (rc == EXISTING_OVER) {
            rc = open_existing(copy, file, st, dest);
            if (rc <= 0)
                return rc;
        }
        rc = create(copy, file, st, dest);
    }
    if (rc < 0) {
        errno = -rc;
        return create_failed(copy, file);
    }
    return 0;
}

/* The same for a file that is to appear complete or not at all. */
static int open_atomic(struct copy *copy, struct file *file, const struct stat *st,
                       struct dest *dest)
{
    const struct copy_file *op = file->op;
    struct stat at;
    int rc = existing_settle(copy, file, st, &at);
    mode_t mode;

    if (rc < 0 || rc == EXISTING_LEFT)
        return rc < 0 ? rc : 1;
    if (rc == EXISTING_OVER && (op->through || !S_ISREG(at.st_mode)))
        return copy_refuse(file, REFUSED_NOT_REPLACEABLE);
    dest->replaces = rc == EXISTING_OVER;
    mode = first_mode(copy, st, dest);
    if (dest->replaces)
        mode &= S_IRWXU; /* until it has what the other file has */
    rc = temp_open(op->to->fd, op->to_name, TEMP_PREFIX, mode, &dest->temp, &dest->unfinished);
    if (rc < 0) {
        errno = -rc;
        return create_failed(copy, file);
    }
    dest->fd = rc;
    dest->created = dest->regular = dest->atomic = true;
    return 0;
}

static bool is_made(const struct stat *st, const struct link_made *made)
{
    return st->st_dev == made->dev && st->st_ino == made->ino;
}

/* Whether what has the name is that copy already, and stays as it is. An operand's own copy is not
 * to be replaced by another one, which is refused elsewhere; and of one more name a backup is made,
 * but of the copy's first name none, as there would be nothing left to link to. */
static bool stays(const struct copy *copy, const struct copy_file *op, const struct stat *at,
                  const struct link_made *made)
{
    enum backup_kind backup = copy->opts.backup;

    if (!is_made(at, made) || (backup != BACKUP_NUMBERED && twice_is_copy(op, at)))
        return false;
    return backup == BACKUP_NONE ||
           entry_same(copy->cwd, made->path, op->to, op->to_name, AT_SYMLINK_NOFOLLOW);
}

/* Something has the name already. Returns 0 or more, -1 with errno of linkat(2), or -errno with the
 * file failed. */
static int link_over(struct copy *copy, struct file *file, const struct stat *st,
                     const struct link_made *made)
{
    struct copy_file *op = file->op;
    struct stat at;
    int rc;

    if (fstatat(op->to->fd, op->to_name, &at, AT_SYMLINK_NOFOLLOW) < 0)
        return copy_fail(file, STEP_STAT_DEST);
    if (stays(copy, op, &at, made)) { /* two directories go to one, with what may be one name */
        op->removed = copy->opts.backup == BACKUP_NONE; /* and made again, as cp tells it */
        return 0;
    }
    rc = op->existing_seen ? EXISTING_OVER : existing_settle(copy, file, st, &at);
    if (rc < 0 || rc == EXISTING_LEFT)
        return rc;
    if (rc == EXISTING_OVER && unlinkat(op->to->fd, op->to_name, 0) < 0)
        return copy_fail(file, STEP_REMOVE);
    return links_add(made, op->to->fd, op->to_name);
}

/* Makes the destination another name of the copy that the source's inode has already. */
static int hard_link(struct copy *copy, struct file *file, const struct stat *st,
                     const struct link_made *made)
{
    struct copy_file *op = file->op;
    int rc = links_add(made, op->to->fd, op->to_name);

    if (rc < 0 && errno == EEXIST)
        rc = link_over(copy, file, st, made);
    if (rc < 0 && file->status == 0) {
        op->elsewhere = made->path;
        copy_fail(file, STEP_HARD_LINK);
    }
    op->linked = true;
    return file->status < 0 ? file->status : DEST_MADE;
}

/* Whether another file of the run may be the same inode. */
static bool may_be_linked(const struct copy *copy, const struct file *file, const struct stat *st)
{
    /* followed links are further names that the count does not tell of */
    return copy->links && !S_ISDIR(st->st_mode) && (st->st_nlink > 1 || copy_follows(copy, file));
}

int dest_link(struct copy *copy, struct file *file, const struct stat *st, bool wait,
              struct dest *dest)
{
    struct link_made made;
    int rc;

    *dest = (struct dest){.fd = -1, .source_fd = -1};
    if (!may_be_linked(copy, file, st))
        return DEST_WRITE;
    rc = links_claim(copy->links, st, wait, &made);
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

void dest_settle_link(struct copy *copy, struct file *file, const struct stat *st, int fd)
{
    const struct copy_file *op = file->op;
    struct stat made;
    char *path = NULL;

    /* a file that was left as it was will do for its other names, too */
    if (file->status == 0) {
        int rc = fd >= 0 ? fstat(fd, &made)
                         : fstatat(op->to->fd, op->to_name, &made, AT_SYMLINK_NOFOLLOW);
        if (rc == 0)
            path = copy_to_path(file);
        if (!path) /* its other names would become files of their own */
            file_fail(file, STEP_STAT_DEST, rc < 0 ? -errno : -ENOMEM);
    }
    links_settle(copy->links, st, path, &made);
}

void dest_link_left(struct copy *copy, struct file *file, const struct stat *st)
{
    struct dest dest;

    if (dest_link(copy, file, st, true, &dest) == DEST_WRITE && dest.claimed)
        dest_settle_link(copy, file, st, -1);
}

/* Shares the source's blocks where the filesystem can. Returns 1 if it did, 0, or -errno. */
static int clone(struct copy *copy, struct file *file, const struct stat *st,
                 const struct dest *dest)
{
    enum copy_clone wanted = copy->opts.clone;
    struct copy_file *op = file->op;

    if (wanted == CLONE_NEVER)
        return 0;
    if (wanted == CLONE_AUTO &&
        (!S_ISREG(st->st_mode) || st->st_size == 0 || copy->opts.sparse != SPARSE_AUTO ||
         copy->opts.digest || atomic_load_explicit(&copy->no_clone, memory_order_relaxed)))
        return 0;
    op->clone_tried = true;
    if (ioctl(dest->fd, FICLONE, dest->source_fd) == 0) {
        op->how = HOW_CLONED;
        return 1;
    }
    if (wanted == CLONE_ALWAYS)
        return copy_fail(file, STEP_CLONE);
    /* what these say of one file they say of all; other errors are one file's */
    if (errno == EOPNOTSUPP || errno == ENOTTY || errno == EXDEV || errno == ENOSYS)
        atomic_store_explicit(&copy->no_clone, true, memory_order_relaxed);
    return 0;
}

/* What is done with the bytes, now that the destination is open. */
static int choose_way(struct copy *copy, struct file *file, const struct stat *st,
                      struct dest *dest)
{
    struct copy_file *op = file->op;
    int rc;

    if (copy->opts.attributes_only)
        return DEST_MADE;
    rc = clone(copy, file, st, dest);
    if (rc < 0)
        return rc;
    dest->read_only = rc == 1;
    if (rc == 1)
        return copy->opts.digest ? DEST_READ : DEST_MADE;
    op->how = HOW_WRITTEN;
    if (S_ISREG(st->st_mode) && dest->regular && copy->opts.sparse != SPARSE_NEVER) {
        dest->sparse = op->sparse = st->st_blocks * 512 < st->st_size;
        dest->zeros_hole = copy->opts.sparse == SPARSE_ALWAYS;
    }
    dest->resize = dest->sparse || dest->zeros_hole; /* it may end in a hole */
    if (S_ISREG(st->st_mode) && dest->regular && !dest->zeros_hole && !copy->opts.digest &&
        !copy->rate && copy->opts.clone != CLONE_NEVER)
        dest->movable = (uint64_t)st->st_size;
    return DEST_WRITE;
}

int dest_open(struct copy *copy, struct file *file, int source_fd, const struct stat *st, bool wait,
              struct dest *dest)
{
    int rc = existing_output(copy, file, st);

    *dest = (struct dest){.fd = -1, .source_fd = source_fd};
    if (rc != EXISTING_NONE)
        return rc < 0 ? rc : DEST_MADE;
    rc = dest_link(copy, file, st, wait, dest);
    dest->source_fd = source_fd;
    if (rc == DEST_MADE && copy->opts.digest && S_ISREG(st->st_mode)) {
        dest->read_only = true; /* the digest of each name is wanted */
        return DEST_READ;
    }
    if (rc != DEST_WRITE)
        return rc;
    if (S_ISDIR(st->st_mode))
        return copy_refuse(file, REFUSED_DIRECTORY);
    rc = copy->opts.atomic && S_ISREG(st->st_mode) ? open_atomic(copy, file, st, dest)
                                                   : create_or_open(copy, file, st, dest);
    if (rc != 0)
        return rc < 0 ? rc : DEST_MADE;
    return choose_way(copy, file, st, dest);
}

static int write_all(const struct dest *dest, const char *at, size_t len, uint64_t offset)
{
    while (len > 0) {
        ssize_t n = pwrite(dest->fd, at, len, (off_t)offset);
        if (n < 0 && errno == ESPIPE)
            n = write(dest->fd, at, len); /* a FIFO or a terminal: bytes come in order */
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return n < 0 ? -errno : -ENOSPC;
        at += n;
        len -= (size_t)n;
        offset += (uint64_t)n;
    }
    return 0;
}

/* The bytes from `at` on, at most len, that are all zeros, or all not, in pieces that make holes.
 */
static size_t run_length(const char *at, size_t len, uint64_t offset, bool *is_zero)
{
    size_t run = 0;

    while (run < len) {
        size_t piece = HOLE_BYTES - (offset + run) % HOLE_BYTES;
        bool zero;
        if (piece > len - run)
            piece = len - run;
        zero = memcmp(at + run, zeros, piece) == 0;
        if (run == 0)
            *is_zero = zero;
        else if (zero != *is_zero)
            break;
        run += piece;
    }
    return run;
}

int dest_write(const struct dest *dest, const void *bytes, size_t len, uint64_t offset)
{
    const char *at = bytes;
    int rc = 0;

    if (dest->read_only)
        return 0;
    if (!dest->zeros_hole)
        return write_all(dest, at, len, offset);
    while (len > 0 && rc == 0) {
        bool is_zero = false;
        size_t run = run_length(at, len, offset, &is_zero);
        if (!is_zero)
            rc = write_all(dest, at, run, offset);
        at += run;
        len -= run;
        offset += run;
    }
    return rc;
}

ssize_t dest_move(struct file *file, struct dest *dest, uint64_t offset, uint64_t end)
{
    struct copy_file *op = file->op;
    ssize_t moved;

    if (end > dest->movable)
        end = dest->movable;
    if (offset >= end)
        return 0;
    moved = move_cached(dest->source_fd, offset, dest->fd, offset, end - offset);
    if (moved > 0)
        op->how = HOW_OFFLOADED;
    else
        dest->movable = 0; /* it is not tried again */
    if (moved < 0)
        file_fail(file, STEP_WRITE, (int)moved);
    return moved;
}

int dest_digest(struct dest *dest, struct sink *sink, struct file *file, const void *bytes,
                size_t len, uint64_t offset)
{
    int rc = 0;

    while (sink && rc == 0 && dest->digested < offset) {
        uint64_t hole = offset - dest->digested;
        size_t piece = hole < sizeof(zeros) ? (size_t)hole : sizeof(zeros);
        rc = sink->data(sink, file, zeros, piece);
        dest->digested += piece;
    }
    if (sink && rc == 0 && len > 0) {
        rc = sink->data(sink, file, bytes, len);
        dest->digested += len;
    }
    if (rc < 0)
        file_fail(file, STEP_SINK, rc);
    return rc;
}

/* Its last size, metadata, and its name. */
static void finish(struct copy *copy, struct file *file, const struct stat *st, struct dest *dest,
                   uint64_t size)
{
    const struct copy_file *op = file->op;
    struct attr_at from = {.fd = dest->source_fd, .plain = dest->plain}, to = {.fd = dest->fd};
    int rc;

    if (dest->resize && ftruncate(dest->fd, (off_t)size) < 0)
        file_fail(file, STEP_SIZE, -errno);
    if (file->status == 0 && dest->replaces) {
        rc = attr_inherit(op->to->fd, op->to_name, dest->fd);
        if (rc < 0 && rc != -ENOENT)
            copy_report(file, STEP_MODE, rc, false);
    }
    if (file->status == 0) /* one that replaces a file has that one's mode, not a new file's */
        attr_copy(copy, &from, &to, st, dest->created && !dest->replaces, copy_report, file);
    if (file->status == 0 && copy->opts.sync_files && fsync(dest->fd) < 0)
        file_fail(file, STEP_SYNC, -errno);
    if (file->status == 0 && dest->atomic) {
        rc = temp_name(op->to->fd, op->to_name, TEMP_PREFIX, dest->fd, dest->temp, dest->replaces,
                       &dest->unfinished);
        dest->temp = NULL;
        if (rc < 0)
            file_fail(file, STEP_CREATE, rc);
    }
}

void dest_end(struct copy *copy, struct file *file, const struct stat *st, struct dest *dest,
              uint64_t size)
{
    struct copy_file *op = file->op;

    if (dest->fd >= 0) {
        if (file->status == 0)
            finish(copy, file, st, dest, size);
        if (dest->claimed)
            dest_settle_link(copy, file, st, dest->fd);
        if (close(dest->fd) < 0)
            file_fail(file, STEP_CLOSE, -errno);
        if (file->status < 0 && dest->created && !dest->atomic)
            unlinkat(op->to->fd, op->to_name, 0);
        if (file->status < 0 && dest->atomic)
            temp_drop(op->to->fd, dest->temp, &dest->unfinished);
        unfinished_end(&dest->unfinished);
    } else if (dest->claimed) {
        dest_settle_link(copy, file, st, -1);
    }
    op->copied = file->status == 0 && !op->left;
    op->hashed = op->copied && copy->opts.digest && S_ISREG(st->st_mode);
}
