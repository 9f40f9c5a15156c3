/* leased.c: opening a regular file that has a lease. See leased.h. */
#define _GNU_SOURCE
#include "leased.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "retry.h"

int leased_hold(int dir_fd, const char *name, int flags, char opens[LEASED_NAME_BYTES])
{
    int fd = openat(dir_fd, name, O_PATH | O_CLOEXEC | (flags & O_NOFOLLOW));
    struct stat st;
    int rc;

    if (fd < 0)
        return -errno;
    rc = fstat(fd, &st) < 0 ? -errno : S_ISREG(st.st_mode) ? 0 : -EAGAIN;
    if (rc < 0) {
        close(fd);
        return rc;
    }
    snprintf(opens, LEASED_NAME_BYTES, "/proc/self/fd/%d", fd);
    return fd;
}

int leased_open(int dir_fd, const char *name, int flags)
{
    char opens[LEASED_NAME_BYTES];
    int held = leased_hold(dir_fd, name, flags, opens);
    int fd;

    if (held < 0)
        return held;
    fd = open(opens, flags & ~(O_NONBLOCK | O_NOFOLLOW));
    fd = fd < 0 ? -errno : fd;
    close(held);
    return fd;
}

int leased_open_first(int dir_fd, const char *name, int flags)
{
    int fd = openat(dir_fd, name, flags | O_NONBLOCK);

    fd = fd < 0 ? -errno : fd;
    return fd == -EAGAIN ? leased_open(dir_fd, name, flags) : fd;
}
