/* retry.c: calls that cannot simply be repeated, because the interrupted one may have been done.
 * See retry.h.
 *
 * A server may notice the interruption after it has made the name. The second call then finds what
 * the first one has made, or misses what it has removed. */
#define _GNU_SOURCE
#include "retry.h"

#include <stdarg.h>
#include <stdbool.h>
#include <string.h>

/* here the names are those of the system calls */
#undef fstatat
#undef linkat
#undef mkdirat
#undef mknodat
#undef openat
#undef renameat2
#undef symlinkat
#undef unlinkat

static bool look(int dir_fd, const char *name, int flags, struct stat *st)
{
    return RETRY(fstatat(dir_fd, name, st, flags)) == 0;
}

/* A repeated call has returned rc. Tells if it failed because the name is there, and is what the
 * interrupted call may have made: of this type and this user. Keeps errno. */
static bool made_before(int rc, int dir_fd, const char *name, mode_t type, struct stat *st)
{
    int error = errno;
    bool made = rc < 0 && error == EEXIST && look(dir_fd, name, AT_SYMLINK_NOFOLLOW, st) &&
                (st->st_mode & S_IFMT) == type && st->st_uid == geteuid();

    errno = error;
    return made;
}

int retry_openat(int dir_fd, const char *name, int flags, ...)
{
    mode_t mode = 0;
    struct stat st;
    int fd;

    if ((flags & O_CREAT) || (flags & O_TMPFILE) == O_TMPFILE) {
        va_list args;
        va_start(args, flags);
        mode = va_arg(args, mode_t);
        va_end(args);
    }
    fd = openat(dir_fd, name, flags, mode);
    if (fd >= 0 || errno != EINTR)
        return fd;
    fd = RETRY(openat(dir_fd, name, flags, mode));
    if (made_before(fd, dir_fd, name, S_IFREG, &st) && st.st_size == 0 && st.st_nlink == 1)
        fd = RETRY(openat(dir_fd, name, (flags & ~(O_CREAT | O_EXCL)) | O_NOFOLLOW));
    return fd;
}

static bool is_empty(int dir_fd, const char *name)
{
    int fd = RETRY(openat(dir_fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    DIR *dir = fd >= 0 ? fdopendir(fd) : NULL;
    const struct dirent *entry = NULL;

    while (dir && (entry = readdir(dir)))
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
            break;
    if (dir)
        closedir(dir);
    else if (fd >= 0)
        close(fd);
    return dir && !entry;
}

int retry_mkdirat(int dir_fd, const char *name, mode_t mode)
{
    int rc = mkdirat(dir_fd, name, mode);
    struct stat st;

    if (rc == 0 || errno != EINTR)
        return rc;
    rc = RETRY(mkdirat(dir_fd, name, mode));
    if (!made_before(rc, dir_fd, name, S_IFDIR, &st))
        return rc;
    if (is_empty(dir_fd, name))
        return 0;
    errno = EEXIST;
    return -1;
}

int retry_mknodat(int dir_fd, const char *name, mode_t mode, dev_t dev)
{
    int rc = mknodat(dir_fd, name, mode, dev);
    struct stat st;

    if (rc == 0 || errno != EINTR)
        return rc;
    rc = RETRY(mknodat(dir_fd, name, mode, dev));
    return made_before(rc, dir_fd, name, mode & S_IFMT, &st) && st.st_rdev == dev ? 0 : rc;
}

int retry_symlinkat(const char *target, int dir_fd, const char *name)
{
    int rc = symlinkat(target, dir_fd, name);
    struct stat st;

    if (rc == 0 || errno != EINTR)
        return rc;
    rc = RETRY(symlinkat(target, dir_fd, name));
    return made_before(rc, dir_fd, name, S_IFLNK, &st) && (size_t)st.st_size == strlen(target) ? 0
                                                                                               : rc;
}

int retry_linkat(int from_fd, const char *from, int dir_fd, const char *name, int flags)
{
    int rc = linkat(from_fd, from, dir_fd, name, flags), error;
    struct stat st, made;

    if (rc == 0 || errno != EINTR)
        return rc;
    rc = RETRY(linkat(from_fd, from, dir_fd, name, flags));
    error = errno;
    if (rc < 0 && error == EEXIST && look(dir_fd, name, AT_SYMLINK_NOFOLLOW, &made) &&
        look(from_fd, from,
             (flags & AT_EMPTY_PATH) | (flags & AT_SYMLINK_FOLLOW ? 0 : AT_SYMLINK_NOFOLLOW), &st))
        rc = st.st_dev == made.st_dev && st.st_ino == made.st_ino ? 0 : rc;
    errno = error;
    return rc;
}

int retry_renameat2(int from_fd, const char *from, int to_fd, const char *to, unsigned flags)
{
    int rc = renameat2(from_fd, from, to_fd, to, flags), error;
    struct stat st;

    if (rc == 0 || errno != EINTR)
        return rc;
    rc = RETRY(renameat2(from_fd, from, to_fd, to, flags));
    error = errno;
    if (rc < 0 && (error == ENOENT || error == EEXIST) &&
        !look(from_fd, from, AT_SYMLINK_NOFOLLOW, &st) && errno == ENOENT &&
        look(to_fd, to, AT_SYMLINK_NOFOLLOW, &st))
        rc = 0;
    errno = error;
    return rc;
}

int retry_unlinkat(int dir_fd, const char *name, int flags)
{
    int rc = unlinkat(dir_fd, name, flags);

    if (rc == 0 || errno != EINTR)
        return rc;
    rc = RETRY(unlinkat(dir_fd, name, flags));
    return rc < 0 && errno == ENOENT ? 0 : rc;
}

int retry_flush(int fd)
{
    for (int count = 0; count < RETRY_MAX; count++) {
        int copy = fcntl(fd, F_DUPFD_CLOEXEC, 0);
        if (copy < 0)
            return errno == EBADF ? -errno : -EINTR;
        if (close(copy) == 0)
            return 0;
        if (errno != EINTR)
            return -errno;
    }
    return -EINTR;
}
