/* reach.c: extended attributes and mode of a file, however it can be reached. See reach.h.
 *
 * These calls take a path, or a descriptor that is open for reading or writing. For everything else
 * /proc/self/fd has a path. If /proc is not mounted, a thread that has a working directory of its
 * own changes to the directory: no other thread sees that, and no path is resolved again. */
#define _GNU_SOURCE
#include "reach.h"

#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "../base/thread.h"
#include "../base/retry.h"

#ifndef SYS_fchmodat2
#define SYS_fchmodat2 452 /* Linux 6.6 */
#endif

enum verb { VERB_LIST, VERB_GET, VERB_SET, VERB_REMOVE, VERB_CHMOD };

struct call {
    enum verb verb;
    const struct attr_at *at;
    const char *name;
    void *value; /* VERB_SET only reads it */
    size_t size;
    mode_t mode;
    ssize_t result;
    int error;
};

static ssize_t call_fd(const struct call *call)
{
    int fd = call->at->fd;

    switch (call->verb) {
    case VERB_LIST:
        return flistxattr(fd, call->value, call->size);
    case VERB_GET:
        return fgetxattr(fd, call->name, call->value, call->size);
    case VERB_SET:
        return fsetxattr(fd, call->name, call->value, call->size, 0);
    case VERB_REMOVE:
        return fremovexattr(fd, call->name);
    case VERB_CHMOD:
        break;
    }
    return fchmod(fd, call->mode);
}

/* Calls by a path whose last part is no symbolic link, or the link itself. */
static ssize_t call_name(const struct call *call, const char *path)
{
    switch (call->verb) {
    case VERB_LIST:
        return llistxattr(path, call->value, call->size);
    case VERB_GET:
        return lgetxattr(path, call->name, call->value, call->size);
    case VERB_SET:
        return lsetxattr(path, call->name, call->value, call->size, 0);
    case VERB_REMOVE:
        return lremovexattr(path, call->name);
    case VERB_CHMOD:
        break;
    }
    return chmod(path, call->mode);
}

/* Calls by a path that the kernel resolves to the file of a descriptor. */
static ssize_t call_magic(const struct call *call, const char *path)
{
    switch (call->verb) {
    case VERB_LIST:
        return listxattr(path, call->value, call->size);
    case VERB_GET:
        return getxattr(path, call->name, call->value, call->size);
    case VERB_SET:
        return setxattr(path, call->name, call->value, call->size, 0);
    case VERB_REMOVE:
        return removexattr(path, call->name);
    case VERB_CHMOD:
        break;
    }
    return chmod(path, call->mode);
}

static void *call_there(void *arg)
{
    struct call *call = arg;
    const struct attr_at *at = call->at;
    bool by_fd = at->fd >= 0;

    if (unshare(CLONE_FS) < 0 || fchdir(by_fd ? at->fd : at->dir_fd) < 0)
        call->result = -1;
    else
        call->result = call_name(call, by_fd ? "." : at->name);
    call->error = errno;
    return NULL;
}

static ssize_t call_in_thread(struct call *call)
{
    pthread_t thread;
    int rc = thread_start(&thread, call_there, call);

    if (rc == 0)
        rc = pthread_join(thread, NULL);
    errno = rc == 0 ? call->error : rc;
    return rc == 0 ? call->result : -1;
}

static ssize_t call_path(struct call *call)
{
    const struct attr_at *at = call->at;
    char *path;
    ssize_t rc;
    int len;

    if (at->fd < 0 && at->dir_fd == AT_FDCWD)
        return call_name(call, at->name);
    len = at->fd >= 0 ? asprintf(&path, "/proc/self/fd/%d", at->fd)
                      : asprintf(&path, "/proc/self/fd/%d/%s", at->dir_fd, at->name);
    if (len < 0) {
        errno = ENOMEM;
        return -1;
    }
    rc = at->fd >= 0 ? call_magic(call, path) : call_name(call, path);
    free(path);
    if (rc < 0 && errno == ENOENT && access("/proc/self/fd", F_OK) < 0)
        rc = call_in_thread(call);
    return rc;
}

static ssize_t reach(struct call *call)
{
    ssize_t rc = -1;

    if (call->at->fd >= 0) {
        rc = call_fd(call);
        if (rc >= 0 || errno != EBADF)
            return rc;
    }
    return call_path(call); /* a name, or an O_PATH descriptor */
}

ssize_t reach_listxattr(const struct attr_at *at, char *names, size_t size)
{
    struct call call = {.verb = VERB_LIST, .at = at, .value = names, .size = size};

    return reach(&call);
}

ssize_t reach_getxattr(const struct attr_at *at, const char *name, void *value, size_t size)
{
    struct call call = {VERB_GET, at, .name = name, .value = value, .size = size};

    return reach(&call);
}

int reach_setxattr(const struct attr_at *at, const char *name, const void *value, size_t size)
{
    struct call call = {VERB_SET, at, .name = name, .value = (void *)value, .size = size};

    return (int)reach(&call);
}

int reach_removexattr(const struct attr_at *at, const char *name)
{
    struct call call = {.verb = VERB_REMOVE, .at = at, .name = name};

    return (int)reach(&call);
}

/* Changes the rights of a file that has no ACL: an ACL without further entries is its mode. */
static int chmod_by_acl(const struct attr_at *at, mode_t mode)
{
    static const char name[] = "system.posix_acl_access";
    /* as in linux/posix_acl_xattr.h: version; tag and rights, and the user or group that is none */
    const uint32_t acl[] = {
        htole32(2),
        htole32(0x01 | (mode >> 6 & 7) << 16),
        UINT32_MAX, /* the owner */
        htole32(0x04 | (mode >> 3 & 7) << 16),
        UINT32_MAX, /* the group */
        htole32(0x20 | (mode & 7) << 16),
        UINT32_MAX, /* the others */
    };
    struct stat now;

    if (reach_getxattr(at, name, NULL, 0) >= 0 || errno != ENODATA ||
        reach_setxattr(at, name, acl, sizeof(acl)) < 0 ||
        fstatat(at->dir_fd, at->name, &now, AT_SYMLINK_NOFOLLOW) < 0)
        return -1;
    return (now.st_mode & 07777) == (mode & 07777) ? 0 : -1;
}

/* Changes the mode of a FIFO by a descriptor. That lets a writer through that waits for a reader:
 * it is the last way, and only for a FIFO that has one name. */
static int chmod_fifo(const struct attr_at *at, mode_t mode, const struct stat *named)
{
    int fd = openat(at->dir_fd, at->name, O_RDONLY | O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC);
    struct stat opened;
    int rc = -1;

    if (fd < 0)
        return -1;
    if (fstat(fd, &opened) == 0 && opened.st_dev == named->st_dev &&
        opened.st_ino == named->st_ino && opened.st_nlink == 1)
        rc = fchmod(fd, mode);
    close(fd);
    return rc;
}

/* Changes the mode of what is no symbolic link by an O_PATH descriptor, or of a FIFO without /proc.
 */
static int chmod_opened(const struct attr_at *at, mode_t mode)
{
    int fd = openat(at->dir_fd, at->name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
    struct stat named;
    char path[64];
    int rc = -1;

    if (fd < 0)
        return -1;
    if (fstat(fd, &named) < 0 || S_ISLNK(named.st_mode)) {
        errno = EOPNOTSUPP;
    } else {
        snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
        rc = chmod(path, mode);
        if (rc < 0 && errno == ENOENT && S_ISFIFO(named.st_mode))
            rc = chmod_by_acl(at, mode) == 0 ? 0 : chmod_fifo(at, mode, &named);
    }
    close(fd);
    return rc;
}

int reach_chmod(const struct attr_at *at, mode_t mode)
{
    struct call call = {.verb = VERB_CHMOD, .at = at, .mode = mode};

    if (at->fd >= 0)
        return (int)reach(&call);
    /* without /proc the C library may have no way to do this */
    if (fchmodat(at->dir_fd, at->name, mode, AT_SYMLINK_NOFOLLOW) == 0)
        return 0;
    if (errno != EOPNOTSUPP && errno != ENOENT && errno != EPERM)
        return -1;
    if (RETRY(syscall(SYS_fchmodat2, at->dir_fd, at->name, mode, AT_SYMLINK_NOFOLLOW)) == 0)
        return 0;
    /* EPERM: a filter that does not know fchmodat2 */
    return errno == ENOSYS || errno == EPERM ? chmod_opened(at, mode) : -1;
}
