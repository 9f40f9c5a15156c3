/* attr.c: owner, mode, times, ACL and extended attributes of a copy. See attr.h.
 *
 * The order matters: a change of owner clears set-user-ID bits and capabilities, so they come after
 * it, and the mode comes last: until then nobody has more rights than at the end. */
#define _GNU_SOURCE
#include "attr.h"

#include <acl/libacl.h>
#include <attr/error_context.h>
#include <attr/libattr.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/xattr.h>
#include <unistd.h>

struct attr_run {
    const struct copy *copy;
    const struct attr_at *from, *to;
    const struct stat *st;
    void (*report)(void *arg, enum step step, int status, bool harmless);
    void *arg;
};

static void tell(const struct attr_run *run, enum step step, int status)
{
    run->report(run->arg, step, status, false);
}

/* A path by which a file can be reached, for calls that know no descriptors or no directories: the
 * kernel's name for the descriptor. malloc'd. */
static char *path_of(const struct attr_at *at)
{
    char *path;
    int len;

    if (at->fd >= 0)
        len = asprintf(&path, "/proc/self/fd/%d", at->fd);
    else if (at->dir_fd == AT_FDCWD)
        return strdup(at->name);
    else
        len = asprintf(&path, "/proc/self/fd/%d/%s", at->dir_fd, at->name);
    return len < 0 ? NULL : path;
}

/* The same for calls that follow links: *fd, the caller's to close, holds on to what has the name
 * now, be it a link that someone has just put there. */
static char *pinned_path_of(const struct attr_at *at, int *fd)
{
    *fd = -1;
    if (at->fd >= 0)
        return path_of(at);
    *fd = openat(at->dir_fd, at->name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
    return *fd < 0 ? NULL : path_of(&(struct attr_at){.fd = *fd});
}

static void unpin(int fd)
{
    if (fd >= 0)
        close(fd);
}

/* Which attributes a file has: most have none, and one call tells. */
struct attr_kinds {
    bool any, acl;
};

static struct attr_kinds kinds_of(const struct attr_at *at)
{
    struct attr_kinds kinds = {false, false};
    char names[1024];
    ssize_t len;

    if (at->plain)
        return kinds;
    if (at->fd >= 0) {
        len = flistxattr(at->fd, names, sizeof(names));
        if (len < 0 && errno == EBADF) { /* an O_PATH descriptor */
            char *path = path_of(at);
            len = path ? listxattr(path, names, sizeof(names)) : -1;
            free(path);
        }
    } else {
        char *path = path_of(at);
        len = path ? llistxattr(path, names, sizeof(names)) : -1;
        free(path);
    }
    if (len < 0) {
        kinds.any = kinds.acl = errno == ERANGE; /* many */
        return kinds;
    }
    kinds.any = len > 0;
    for (const char *name = names; name < names + len; name += strlen(name) + 1)
        kinds.acl |= strncmp(name, "system.", 7) == 0;
    return kinds;
}

bool attr_plain(const struct attr_at *at)
{
    return !kinds_of(at).any;
}

static void copy_times(const struct attr_run *run)
{
    struct timespec times[2] = {run->st->st_atim, run->st->st_mtim};
    int rc = run->to->fd >= 0
                 ? futimens(run->to->fd, times)
                 : utimensat(run->to->dir_fd, run->to->name, times, AT_SYMLINK_NOFOLLOW);

    if (rc < 0 && errno == EBADF && run->to->fd >= 0) { /* an O_PATH descriptor */
        char *path = path_of(run->to);
        rc = path ? utimensat(AT_FDCWD, path, times, 0) : -1;
        free(path);
    }
    if (rc < 0)
        tell(run, STEP_TIMES, -errno);
}

static int change_owner(const struct attr_at *at, uid_t uid, gid_t gid)
{
    /* the empty path will do for an O_PATH descriptor, too */
    return at->fd >= 0 ? fchownat(at->fd, "", uid, gid, AT_EMPTY_PATH)
                       : fchownat(at->dir_fd, at->name, uid, gid, AT_SYMLINK_NOFOLLOW);
}

static int change_mode(const struct attr_at *at, mode_t mode)
{
    int rc = at->fd >= 0 ? fchmod(at->fd, mode)
                         : fchmodat(at->dir_fd, at->name, mode, AT_SYMLINK_NOFOLLOW);

    if (rc < 0 && errno == EBADF && at->fd >= 0) { /* an O_PATH descriptor */
        char *path = path_of(at);
        rc = path ? chmod(path, mode) : -1;
        free(path);
    }
    return rc;
}

static int stat_at(const struct attr_at *at, struct stat *st)
{
    return at->fd >= 0 ? fstat(at->fd, st) : fstatat(at->dir_fd, at->name, st, AT_SYMLINK_NOFOLLOW);
}

/* Returns whether the special mode bits may be set: not where another one owns the copy. */
static bool copy_owner(const struct attr_run *run, struct stat *now, bool created)
{
    const struct stat *st = run->st;

    if (now->st_uid == st->st_uid && now->st_gid == st->st_gid)
        return true;
    /* an existing file must not be open to its new owner and group by its old mode */
    if (!created && run->copy->opts.preserve_mode && !S_ISLNK(st->st_mode) &&
        (now->st_mode & 07777 & ~(st->st_mode & S_IRWXU)) != 0)
        (void)change_mode(run->to, now->st_mode & st->st_mode & S_IRWXU);
    now->st_mode = 0; /* not what it was */
    if (change_owner(run->to, st->st_uid, st->st_gid) == 0)
        return true;
    if (run->copy->may_chown || (errno != EPERM && errno != EINVAL))
        tell(run, STEP_OWNER, -errno);
    (void)change_owner(run->to, (uid_t)-1, st->st_gid); /* at least the group */
    return false;
}

/* libattr's way to say what went wrong. */
struct xattr_context {
    struct error_context context; /* first */
    int status;
};

static void xattr_failed(struct error_context *context, const char *format, ...)
{
    struct xattr_context *xattr = (struct xattr_context *)context;

    (void)format;
    if (xattr->status == 0)
        xattr->status = -errno;
}

static void copy_xattrs(const struct attr_run *run, const struct stat *now)
{
    const struct copy_opts *opts = &run->copy->opts;
    struct xattr_context xattr = {.context = {.error = xattr_failed}};
    char *from = path_of(run->from), *to = path_of(run->to);
    /* the mode that it has may keep its owner from it, root excepted */
    bool open_up = run->to->fd >= 0 && !run->copy->may_chown && !(now->st_mode & S_IWUSR) &&
                   fchmod(run->to->fd, S_IRUSR | S_IWUSR) == 0;
    bool unsupported;
    int rc = -1;

    if (from && to && run->from->fd >= 0 && run->to->fd >= 0)
        rc = attr_copy_fd(from, run->from->fd, to, run->to->fd, NULL, &xattr.context);
    else if (from && to)
        rc = attr_copy_file(from, to, NULL, &xattr.context);
    else
        xattr.status = -ENOMEM;
    if (open_up)
        (void)fchmod(run->to->fd, now->st_mode & 07777);
    free(from);
    free(to);
    unsupported = xattr.status == -EOPNOTSUPP || xattr.status == -ENOSYS;
    if (rc == 0 || (opts->xattrs_quiet && !opts->xattrs_required))
        return;
    if (!unsupported || opts->xattrs_required || opts->attributes_only)
        run->report(run->arg, STEP_XATTR, xattr.status ? xattr.status : -EIO,
                    !opts->xattrs_required);
}

static void copy_acl(const struct attr_run *run)
{
    int from_fd, to_fd;
    char *from = pinned_path_of(run->from, &from_fd), *to = pinned_path_of(run->to, &to_fd);
    /* an ACL of a directory for what is made in it is copied by name only */
    bool by_name = S_ISDIR(run->st->st_mode) || run->from->fd < 0 || run->to->fd < 0;
    int rc = -1;

    if (from && to)
        rc = by_name ? perm_copy_file(from, to, NULL)
                     : perm_copy_fd(from, run->from->fd, to, run->to->fd, NULL);
    if (rc != 0)
        tell(run, STEP_MODE, -errno);
    free(from);
    free(to);
    unpin(from_fd);
    unpin(to_fd);
}

static void copy_mode(const struct attr_run *run, const struct stat *now, bool created,
                      struct attr_kinds from, bool special_bits)
{
    const struct copy *copy = run->copy;
    bool is_dir = S_ISDIR(run->st->st_mode);
    mode_t mode = run->st->st_mode & 07777;

    if (S_ISLNK(run->st->st_mode))
        return;
    if (copy->opts.preserve_mode) {
        /* a directory's default ACL may have given the copy an ACL that the source has not */
        if (from.acl || kinds_of(run->to).acl)
            copy_acl(run);
        else if (now->st_mode == run->st->st_mode)
            return;
        if (!special_bits)
            mode &= is_dir ? 01777 : 0777;
    } else if (copy->opts.default_mode && created) {
        mode = ((is_dir ? 0777 : 0666) & ~copy->umask) | (is_dir ? mode & S_ISVTX : 0);
    } else if (copy->opts.preserve_owner && created && !is_dir) {
        mode &= 0777 & ~copy->umask; /* what was withheld until it had its owner */
    } else {
        return;
    }
    if (change_mode(run->to, mode) < 0)
        tell(run, STEP_MODE, -errno);
}

void attr_copy(const struct copy *copy, const struct attr_at *from, const struct attr_at *to,
               const struct stat *st, bool created,
               void (*report)(void *arg, enum step step, int status, bool harmless), void *arg)
{
    const struct copy_opts *opts = &copy->opts;
    struct attr_run run = {copy, from, to, st, report, arg};
    struct attr_kinds kinds = {false, false};
    struct stat now = {0};
    bool special_bits = true;

    if (opts->preserve_times)
        copy_times(&run);
    if ((opts->preserve_owner || opts->preserve_mode || opts->preserve_xattrs) &&
        stat_at(to, &now) < 0)
        tell(&run, STEP_STAT_DEST, -errno);
    /* not that of a symbolic link to the source */
    if (opts->preserve_owner && !(opts->make == MAKE_SYMLINKS && S_ISLNK(st->st_mode)))
        special_bits = copy_owner(&run, &now, created);
    if (opts->preserve_mode || opts->preserve_xattrs)
        kinds = kinds_of(from);
    if (opts->preserve_xattrs && kinds.any)
        copy_xattrs(&run, &now);
    copy_mode(&run, &now, created, kinds, special_bits);
}

void attr_inherit(int dir_fd, const char *name, const struct stat *old, int fd)
{
    int from_fd;
    char *from = pinned_path_of(&(struct attr_at){.fd = -1, .dir_fd = dir_fd, .name = name},
                                &from_fd);
    char *to = path_of(&(struct attr_at){.fd = fd});

    (void)!fchown(fd, old->st_uid, old->st_gid);
    if (!from || !to || perm_copy_file(from, to, NULL) != 0)
        (void)fchmod(fd, old->st_mode & 0777);
    free(from);
    free(to);
    unpin(from_fd);
}
