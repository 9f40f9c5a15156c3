/* attr.c: owner, mode, times, ACL and extended attributes of a copy. See attr.h.
 *
 * The order matters: a change of owner clears set-user-ID bits and capabilities, so they come after
 * it, and the mode comes last: until then no user has more rights than at the end. */
#define _GNU_SOURCE
#include "attr.h"

#include <attr/libattr.h>
#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/limits.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "made.h"
#include "reach.h"
#include "../base/retry.h"
#include "../base/unfinished.h"

struct attr_run {
    const struct copy *copy;
    const struct attr_at *from, *to;
    const struct stat *st;
    void (*report)(void *arg, enum step step, int status, bool harmless);
    void *arg;
};

static void report_failure(const struct attr_run *run, enum step step, int status)
{
    run->report(run->arg, step, status, false);
}

/* Which attributes a file has: most have none, and one call tells. */
struct attr_kinds {
    int status;    /* -errno: they cannot be listed, and there may be any */
    bool any, acl; /* acl: a POSIX one, of the file or for what is made in a directory */
    bool nfs4;
};

static const char *const posix_acl[] = {"system.posix_acl_access", "system.posix_acl_default"};
static const char nfs4_acl[] = "system.nfs4_acl";

/* Tells whether errno says that there is no such attribute, and cannot be one. */
static bool is_absent(void)
{
    return errno == ENODATA || errno == EOPNOTSUPP || errno == ENOSYS;
}

/* Tells whether a file may have this attribute. */
static bool may_have(const struct attr_at *at, const char *name)
{
    return reach_getxattr(at, name, NULL, 0) >= 0 || !is_absent();
}

static struct attr_kinds kinds_of(const struct attr_at *at)
{
    struct attr_kinds kinds = {0};
    char names[1024];
    ssize_t len;

    if (at->no_attributes)
        return kinds;
    len = reach_listxattr(at, names, sizeof(names));
    if (len < 0) {
        if (!is_absent())
            kinds = (struct attr_kinds){errno == ERANGE ? 0 : -errno, true, true, true};
        else /* a filesystem that lists none may have ACLs */
            kinds.acl = kinds.any = may_have(at, posix_acl[0]) || may_have(at, posix_acl[1]);
        return kinds;
    }
    kinds.any = len > 0;
    for (const char *name = names; name < names + len; name += strlen(name) + 1) {
        kinds.acl |= strcmp(name, posix_acl[0]) == 0 || strcmp(name, posix_acl[1]) == 0;
        kinds.nfs4 |= strcmp(name, nfs4_acl) == 0;
    }
    return kinds;
}

bool attr_none(const struct attr_at *at)
{
    return !kinds_of(at).any;
}

static void copy_times(const struct attr_run *run)
{
    struct timespec times[2] = {run->st->st_atim, run->st->st_mtim};
    int rc = run->to->fd >= 0
                 ? futimens(run->to->fd, times)
                 : utimensat(run->to->dir_fd, run->to->name, times, AT_SYMLINK_NOFOLLOW);

    if (rc < 0 && errno == EBADF && run->to->fd >= 0) /* an O_PATH descriptor */
        rc = utimensat(run->to->fd, "", times, AT_EMPTY_PATH);
    if (rc < 0)
        report_failure(run, STEP_TIMES, -errno);
}

static int change_owner(const struct attr_at *at, uid_t uid, gid_t gid)
{
    /* the empty path will do for an O_PATH descriptor, too */
    return at->fd >= 0 ? fchownat(at->fd, "", uid, gid, AT_EMPTY_PATH)
                       : fchownat(at->dir_fd, at->name, uid, gid, AT_SYMLINK_NOFOLLOW);
}

static int stat_at(const struct attr_at *at, struct stat *st)
{
    return at->fd >= 0 ? fstat(at->fd, st) : fstatat(at->dir_fd, at->name, st, AT_SYMLINK_NOFOLLOW);
}

/* Returns whether the special mode bits may be set: not if another user owns the copy. */
static bool copy_owner(const struct attr_run *run, struct stat *now, bool created)
{
    const struct stat *st = run->st;

    if (now->st_uid == st->st_uid && now->st_gid == st->st_gid)
        return true;
    /* an existing file must not be open to its new owner and group by its old mode */
    if (!created && run->copy->opts.preserve_mode && !S_ISLNK(st->st_mode) &&
        (now->st_mode & 07777 & ~(st->st_mode & S_IRWXU)) != 0)
        (void)reach_chmod(run->to, now->st_mode & st->st_mode & S_IRWXU);
    now->st_mode = 0; /* not what it was */
    if (change_owner(run->to, st->st_uid, st->st_gid) == 0)
        return true;
    if (run->copy->may_chown || (errno != EPERM && errno != EINVAL))
        report_failure(run, STEP_OWNER, -errno);
    (void)change_owner(run->to, (uid_t)-1, st->st_gid); /* at least the group */
    return false;
}

/* Copies each attribute that is no ACL. Returns 0, or the first error; that the destination has no
 * room for such attributes at all counts last. */
static int copy_each(const struct attr_run *run, char *names, char *value)
{
    ssize_t len = reach_listxattr(run->from, names, XATTR_LIST_MAX);
    int status = 0;

    if (len < 0)
        return -errno;
    for (const char *name = names; name < names + len; name += strlen(name) + 1) {
        ssize_t size;
        if (attr_copy_action(name, NULL) != 0)
            continue;
        size = reach_getxattr(run->from, name, value, XATTR_SIZE_MAX);
        if (size >= 0 && reach_setxattr(run->to, name, value, (size_t)size) == 0)
            continue;
        if (status == 0 || status == -EOPNOTSUPP)
            status = -errno;
    }
    return status;
}

/* Reports extended attributes that cannot be copied. As cp, --attributes-only tells each failure.
 */
static void report_xattrs(const struct attr_run *run, enum step step, int status)
{
    const struct copy_opts *opts = &run->copy->opts;
    bool unsupported = step == STEP_XATTR && (status == -EOPNOTSUPP || status == -ENOSYS);

    if (opts->xattrs_required || opts->attributes_only || (!opts->xattrs_quiet && !unsupported))
        run->report(run->arg, step, status, !opts->xattrs_required);
}

static void copy_xattrs(const struct attr_run *run, const struct stat *now)
{
    char *names = malloc(XATTR_LIST_MAX + XATTR_SIZE_MAX);
    struct stat at = *now;
    bool known = at.st_mode != 0 || (!run->copy->may_chown && stat_at(run->to, &at) == 0);
    /* the mode that it has may keep its owner from it, root excepted */
    bool open_up = !run->copy->may_chown && known && !(at.st_mode & S_IWUSR) &&
                   reach_chmod(run->to, S_IRUSR | S_IWUSR) == 0;
    int status = names ? copy_each(run, names, names + XATTR_LIST_MAX) : -ENOMEM;

    if (open_up && reach_chmod(run->to, at.st_mode & 07777) < 0)
        report_failure(run, STEP_MODE, -errno);
    free(names);
    if (status < 0)
        report_xattrs(run, STEP_XATTR, status);
}

/* Returns the mode of a file that loses this ACL. The group's bits of the mode are the ACL's mask:
 * it gets its own entry's rights. Others get no right that a user or a group with an entry lacks.
 */
static mode_t mode_without_acl(mode_t mode, const char *value, size_t len)
{
    enum { USER = 2, GROUP_OBJ = 4, GROUP = 8 };
    struct {
        uint16_t tag, perm;
        uint32_t id;
    } entry; /* little-endian */
    mode_t mask = mode >> 3 & S_IRWXO;

    for (size_t at = sizeof(uint32_t); at + sizeof(entry) <= len; at += sizeof(entry)) {
        memcpy(&entry, value + at, sizeof(entry));
        if (le16toh(entry.tag) == GROUP_OBJ)
            mode &= ~(mode_t)S_IRWXG | (mode_t)(le16toh(entry.perm) & S_IRWXO) << 3;
        else if (le16toh(entry.tag) == USER || le16toh(entry.tag) == GROUP)
            mode &= ~(mode_t)S_IRWXO | (le16toh(entry.perm) & mask);
    }
    return mode;
}

/* Gives `to` one of the ACLs of `from`, or takes it away. Returns 0 or -errno, with the rights in
 * *mode that are safe without it. */
static int copy_one_acl(const struct attr_at *from, const struct attr_at *to, const char *name,
                        mode_t *mode)
{
    char *value = malloc(XATTR_SIZE_MAX);
    ssize_t len = value ? reach_getxattr(from, name, value, XATTR_SIZE_MAX) : -1;
    int rc = 0;

    if (len >= 0) {
        if (reach_setxattr(to, name, value, (size_t)len) < 0) {
            rc = -errno;
            *mode = mode_without_acl(*mode, value, (size_t)len);
        }
    } else if (value && is_absent()) {
        if (reach_removexattr(to, name) < 0 && !is_absent())
            rc = -errno;
    } else { /* unknown: the group's bits of the mode may be a mask only */
        rc = value ? -errno : -ENOMEM;
        *mode &= S_IRWXU;
    }
    free(value);
    return rc;
}

/* Copies the ACLs. Returns as copy_one_acl. */
static int copy_acls(const struct attr_at *from, const struct attr_at *to, bool is_dir,
                     mode_t *mode)
{
    mode_t unchanged = *mode; /* by the ACL for what is made in a directory */
    int rc = copy_one_acl(from, to, posix_acl[0], mode);
    int default_rc = is_dir ? copy_one_acl(from, to, posix_acl[1], &unchanged) : 0;

    return rc < 0 ? rc : default_rc;
}

/* Carries an NFSv4 ACL from one file to another if both have one; the mode has most of it. */
static void copy_nfs4_acl(const struct attr_at *from, const struct attr_at *to)
{
    char *value = malloc(XATTR_SIZE_MAX);
    ssize_t len = value ? reach_getxattr(from, nfs4_acl, value, XATTR_SIZE_MAX) : -1;

    if (len > 0)
        (void)reach_setxattr(to, nfs4_acl, value, (size_t)len);
    free(value);
}

static void copy_mode(const struct attr_run *run, const struct stat *now, bool created,
                      struct attr_kinds from, bool special_bits)
{
    const struct copy *copy = run->copy;
    bool is_dir = S_ISDIR(run->st->st_mode), nfs4 = false;
    mode_t mode = run->st->st_mode & 07777;
    struct stat dir;
    int rc = 0;

    if (S_ISLNK(run->st->st_mode))
        return;
    if (copy->opts.preserve_mode) {
        /* a directory's default ACL may have given the copy an ACL that the source has not */
        struct attr_kinds to = kinds_of(run->to);
        if (run->to->made_in && !to.any && now->st_mode != 0)
            made_note(run->to->made_in, now, copy->euid);
        nfs4 = from.nfs4 && to.nfs4;
        if (!special_bits)
            mode &= is_dir ? 01777 : 0777;
        /* a directory keeps the group that it gives to what is in it, as with cp */
        if (is_dir && (run->st->st_mode & 07000) == 0 && stat_at(run->to, &dir) == 0)
            mode |= dir.st_mode & (S_ISGID | S_ISVTX);
        if (from.acl || to.acl)
            rc = copy_acls(run->from, run->to, is_dir, &mode);
        else if (now->st_mode == run->st->st_mode && !nfs4)
            return;
    } else if (copy->opts.default_mode && created) {
        mode = ((is_dir ? 0777 : 0666) & ~copy->umask) | (is_dir ? mode & S_ISVTX : 0);
        if (is_dir && stat_at(run->to, &dir) == 0)
            mode |= dir.st_mode & S_ISGID; /* as mkdir(2) gives it below such a directory */
        /* what its directory's default ACL has given it; what it gives to others stays */
        if (reach_removexattr(run->to, posix_acl[0]) < 0 && !is_absent())
            rc = -errno;
    } else if (copy->opts.preserve_owner && created && !is_dir) {
        mode &= 0777 & ~copy->umask; /* what was withheld until it had its owner */
        if ((mode & (S_IRWXG | S_IRWXO)) == 0)
            return;
    } else {
        return;
    }
    if (reach_chmod(run->to, mode) < 0 && rc == 0)
        rc = -errno;
    if (rc < 0)
        report_failure(run, STEP_MODE, rc);
    if (nfs4)
        copy_nfs4_acl(run->from, run->to);
}

/* Copies what is preserved, but for the times. */
static void copy_rights(const struct attr_run *run, bool created)
{
    const struct copy_opts *opts = &run->copy->opts;
    struct attr_kinds kinds = {0};
    struct stat now = {0};
    bool special_bits = true;

    if ((opts->preserve_owner || opts->preserve_mode || opts->preserve_xattrs) &&
        stat_at(run->to, &now) < 0)
        report_failure(run, STEP_STAT_DEST, -errno);
    /* not that of a symbolic link to the source */
    if (opts->preserve_owner && !(opts->make == MAKE_SYMLINKS && S_ISLNK(run->st->st_mode)))
        special_bits = copy_owner(run, &now, created);
    if (opts->preserve_mode || opts->preserve_xattrs)
        kinds = kinds_of(run->from);
    if (opts->preserve_xattrs && kinds.status < 0) {
        report_xattrs(run, STEP_LIST_XATTR, kinds.status);
    } else if (opts->preserve_xattrs && kinds.any)
        copy_xattrs(run, &now);
    copy_mode(run, &now, created, kinds, special_bits);
}

void attr_copy(const struct copy *copy, const struct attr_at *from, const struct attr_at *to,
               const struct stat *st, bool created,
               void (*report)(void *arg, enum step step, int status, bool harmless), void *arg)
{
    struct attr_run run = {copy, from, to, st, report, arg};

    if (!to->complete)
        copy_rights(&run, created);
    if (!copy->opts.preserve_times)
        return;
    /* last: with them another run takes the file for an earlier copy (--update=changed) */
    if (to->unfinished)
        unfinished_completing(to->unfinished);
    copy_times(&run);
    if (to->unfinished)
        unfinished_completed(to->unfinished);
}

/* Tells whether both files have this attribute with the same value, or both have not. values: room
 * for two. */
static bool same_value(const struct attr_at *from, const struct attr_at *to, const char *name,
                       char *values)
{
    ssize_t len = reach_getxattr(from, name, values, XATTR_SIZE_MAX), to_len;

    if (len < 0 && !is_absent())
        return false;
    to_len = reach_getxattr(to, name, values + XATTR_SIZE_MAX, XATTR_SIZE_MAX);
    if (len < 0)
        return to_len < 0 && is_absent();
    return to_len == len && memcmp(values, values + XATTR_SIZE_MAX, (size_t)len) == 0;
}

/* Tells whether `to` has the ACLs and the extended attributes of `from` that are preserved. */
static bool same_attributes(const struct copy_opts *opts, const struct attr_at *from,
                            const struct attr_at *to)
{
    char *names = malloc(XATTR_LIST_MAX + 2 * XATTR_SIZE_MAX), *values;
    ssize_t len;
    bool same;

    if (!names)
        return false;
    values = names + XATTR_LIST_MAX;
    len = reach_listxattr(from, names, XATTR_LIST_MAX);
    same = len >= 0;
    for (size_t i = 0; same && opts->preserve_mode && i < 2; i++)
        same = same_value(from, to, posix_acl[i], values);
    for (const char *name = names; same && name < names + len; name += strlen(name) + 1)
        if (opts->preserve_xattrs && attr_copy_action(name, NULL) == 0)
            same = same_value(from, to, name, values);
    free(names);
    return same;
}

bool attr_same(const struct copy *copy, const struct attr_at *from, const struct attr_at *to,
               const struct stat *st, const struct stat *at)
{
    const struct copy_opts *opts = &copy->opts;

    if (opts->preserve_owner && (st->st_uid != at->st_uid || st->st_gid != at->st_gid))
        return false;
    if (opts->preserve_mode && ((st->st_mode ^ at->st_mode) & 07777) != 0)
        return false;
    if (opts->preserve_times &&
        (st->st_mtim.tv_sec != at->st_mtim.tv_sec || st->st_mtim.tv_nsec != at->st_mtim.tv_nsec))
        return false;
    return (!opts->preserve_mode && !opts->preserve_xattrs) || (attr_none(from) && attr_none(to)) ||
           same_attributes(opts, from, to);
}

int attr_inherit(int dir_fd, const char *name, int fd)
{
    struct attr_at from = {.fd = -1, .dir_fd = dir_fd, .name = name}, to = {.fd = fd};
    struct stat old, now;
    mode_t mode;

    if (stat_at(&from, &old) < 0)
        return -errno;
    if (fchown(fd, old.st_uid, old.st_gid) < 0)
        (void)!fchown(fd, (uid_t)-1, old.st_gid);
    if (fstat(fd, &now) < 0)
        return -errno;
    mode = old.st_mode & 0777;
    if (now.st_gid == old.st_gid) {
        if (copy_acls(&from, &to, false, &mode) < 0)
            mode &= S_IRWXU;
    } else if (may_have(&from, posix_acl[0])) {
        mode &= S_IRWXU;
    } else {
        /* the source's group is one of the others now, and the destination's group was one */
        mode_t both = (mode >> 3) & mode & S_IRWXO;
        (void)reach_removexattr(&to, posix_acl[0]);
        mode = (mode & S_IRWXU) | both << 3 | both;
    }
    if (fchmod(fd, mode) < 0)
        return -errno;
    copy_nfs4_acl(&from, &to);
    return 0;
}
