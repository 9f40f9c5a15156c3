/* dest.c: a copy's destination. See dest.h. */
#define _GNU_SOURCE
#include "dest.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "links.h"

static int refuse(struct file *file, enum refusal refusal)
{
    struct copy_file *op = file->op;

    op->refusal = refusal;
    file_fail(file, STEP_REFUSED, -EPERM);
    return -EPERM;
}

static int fail(struct file *file, enum step step)
{
    int status = -errno;

    file_fail(file, step, status);
    return status;
}

/* Opens what exists under the destination's name, and makes it empty. */
static int open_existing(struct file *file, const struct stat *st, struct dest *dest)
{
    const struct copy_file *op = file->op;
    struct stat at;
    int follow = 0;

    if (fstatat(op->to->fd, op->to_name, &at, AT_SYMLINK_NOFOLLOW) < 0)
        return fail(file, STEP_STAT_DEST);
    if (S_ISLNK(at.st_mode)) {
        if (fstatat(op->to->fd, op->to_name, &at, 0) < 0)
            return errno == ENOENT ? refuse(file, REFUSED_DANGLING) : fail(file, STEP_STAT_DEST);
        follow = 1;
    }
    if (at.st_dev == st->st_dev && at.st_ino == st->st_ino)
        return refuse(file, REFUSED_SAME_FILE);
    if (S_ISDIR(at.st_mode))
        return refuse(file, REFUSED_OVER_DIRECTORY);
    dest->regular = S_ISREG(at.st_mode);
    /* a link that was put there since we looked is not followed */
    dest->fd = openat(op->to->fd, op->to_name,
                      O_WRONLY | O_TRUNC | O_CLOEXEC | O_NOCTTY | (follow ? 0 : O_NOFOLLOW));
    return dest->fd < 0 ? fail(file, STEP_OPEN_DEST) : 0;
}

/* Tells a destination that could not even be looked up from one that could not be created. */
static int create_failed(struct file *file)
{
    const struct copy_file *op = file->op;
    int status = errno;
    struct stat at;

    if (fstatat(op->to->fd, op->to_name, &at, 0) < 0) {
        if (errno != ENOENT)
            return fail(file, STEP_STAT_DEST);
    } else if (S_ISDIR(at.st_mode)) {
        return refuse(file, REFUSED_OVER_DIRECTORY);
    }
    /* a new name with a slash at its end */
    errno = status == EISDIR ? ENOTDIR : status;
    return fail(file, STEP_CREATE);
}

static int create_or_open(const struct copy *copy, struct file *file, const struct stat *st,
                          struct dest *dest)
{
    const struct copy_file *op = file->op;
    /* until it has the right owner, a file that keeps its owner is for nobody else */
    mode_t mode = st->st_mode & (copy->opts.preserve_owner ? S_IRWXU : S_IRWXU | S_IRWXG | S_IRWXO);

    dest->fd = openat(op->to->fd, op->to_name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
    if (dest->fd >= 0) {
        dest->created = dest->regular = true;
        return 0;
    }
    if (errno == EEXIST)
        return open_existing(file, st, dest);
    return create_failed(file);
}

/* Makes the destination another name of the copy that the source's inode has already. */
static int hard_link(struct file *file, struct dir *made_in, const char *made_as)
{
    const struct copy_file *op = file->op;

    if (linkat(made_in->fd, made_as, op->to->fd, op->to_name, 0) == 0)
        return DEST_MADE;
    if (errno == EEXIST) {
        struct stat made, at;
        if (fstatat(made_in->fd, made_as, &made, AT_SYMLINK_NOFOLLOW) == 0 &&
            fstatat(op->to->fd, op->to_name, &at, AT_SYMLINK_NOFOLLOW) == 0 &&
            made.st_dev == at.st_dev && made.st_ino == at.st_ino)
            return DEST_MADE;
        if (unlinkat(op->to->fd, op->to_name, 0) == 0 &&
            linkat(made_in->fd, made_as, op->to->fd, op->to_name, 0) == 0)
            return DEST_MADE;
    }
    return fail(file, STEP_HARD_LINK);
}

/* Shares the source's blocks where the filesystem can. */
static bool clone(struct copy *copy, int source_fd, const struct stat *st, const struct dest *dest)
{
    if (!S_ISREG(st->st_mode) || st->st_size == 0 ||
        atomic_load_explicit(&copy->no_clone, memory_order_relaxed))
        return false;
    if (ioctl(dest->fd, FICLONE, source_fd) == 0)
        return true;
    /* what these say of one file they say of all; other errors are one file's */
    if (errno == EOPNOTSUPP || errno == ENOTTY || errno == EXDEV || errno == ENOSYS)
        atomic_store_explicit(&copy->no_clone, true, memory_order_relaxed);
    return false;
}

int dest_link(struct copy *copy, struct file *file, const struct stat *st, bool wait,
              struct dest *dest)
{
    const struct copy_file *op = file->op;
    struct dir *made_in;
    const char *made_as;
    int rc;

    *dest = (struct dest){.fd = -1};
    if (!copy->links || st->st_nlink < 2 || S_ISDIR(st->st_mode))
        return DEST_WRITE;
    rc = links_claim(copy->links, st, op->to, op->to_name, wait, &made_in, &made_as);
    if (rc == LINK_BUSY)
        return DEST_LATER;
    if (rc == LINK_READY)
        return hard_link(file, made_in, made_as);
    if (rc < 0) {
        file_fail(file, STEP_HARD_LINK, rc);
        return rc;
    }
    dest->claimed = true;
    return DEST_WRITE;
}

int dest_open(struct copy *copy, struct file *file, int source_fd, const struct stat *st, bool wait,
              struct dest *dest)
{
    int rc = dest_link(copy, file, st, wait, dest);

    if (rc != DEST_WRITE)
        return rc;
    rc = S_ISDIR(st->st_mode) ? refuse(file, REFUSED_DIRECTORY)
                              : create_or_open(copy, file, st, dest);
    if (rc < 0)
        return rc;
    if (clone(copy, source_fd, st, dest))
        return DEST_MADE;
    dest->sparse = S_ISREG(st->st_mode) && dest->regular && st->st_blocks * 512 < st->st_size;
    dest->resize = dest->sparse; /* it may end in a hole */
    return DEST_WRITE;
}

int dest_write(const struct dest *dest, const void *bytes, size_t len, uint64_t offset)
{
    const char *at = bytes;

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

void dest_metadata(const struct copy *copy, int fd, const struct stat *st,
                   void (*report)(void *arg, enum step step, int status), void *arg)
{
    mode_t mode = st->st_mode & 07777;

    if (copy->opts.preserve_times) {
        struct timespec times[2] = {st->st_atim, st->st_mtim};
        if (futimens(fd, times) < 0)
            report(arg, STEP_TIMES, -errno);
    }
    if (copy->opts.preserve_owner && fchown(fd, st->st_uid, st->st_gid) < 0) {
        if (copy->may_chown || (errno != EPERM && errno != EINVAL))
            report(arg, STEP_OWNER, -errno);
        /* at least the group; with another owner the special bits would be someone else's rights */
        (void)!fchown(fd, (uid_t)-1, st->st_gid);
        mode &= S_ISDIR(st->st_mode) ? 01777 : 0777;
    }
    if (copy->opts.preserve_mode && fchmod(fd, mode) < 0)
        report(arg, STEP_MODE, -errno);
}

static void report_file(void *arg, enum step step, int status)
{
    copy_report(arg, step, status);
}

void dest_end(struct copy *copy, struct file *file, const struct stat *st, struct dest *dest,
              uint64_t size)
{
    struct copy_file *op = file->op;

    if (dest->fd >= 0) {
        if (file->status == 0 && dest->resize && ftruncate(dest->fd, (off_t)size) < 0)
            file_fail(file, STEP_SIZE, -errno);
        if (file->status == 0)
            dest_metadata(copy, dest->fd, st, report_file, file);
        if (close(dest->fd) < 0)
            file_fail(file, STEP_CLOSE, -errno);
        if (file->status < 0 && dest->created)
            unlinkat(op->to->fd, op->to_name, 0);
    }
    if (dest->claimed)
        links_settle(copy->links, st, file->status == 0);
    op->copied = file->status == 0;
}
