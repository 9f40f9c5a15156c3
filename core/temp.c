/* temp.c: files that get their name when they are complete. See temp.h. */
#define _GNU_SOURCE
#include "temp.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

enum {
    TRIES = 100, /* of names that others may have taken */
};

/* The length of the directory part of a name, with its slash. */
static int dir_length(const char *name)
{
    const char *slash = strrchr(name, '/');

    return slash ? (int)(slash - name) + 1 : 0;
}

/* A name beside the other one that nobody has, probably. NULL: out of memory. */
static char *make_name(const char *name)
{
    uint64_t number = 0;
    char *temp;

    (void)!getrandom(&number, sizeof(number), GRND_NONBLOCK);
    if (asprintf(&temp, "%.*s.acp-%016llx", dir_length(name), name, (unsigned long long)number) < 0)
        return NULL;
    return temp;
}

static int open_unnamed(int dir_fd, const char *name, mode_t mode)
{
    char *dir = dir_length(name) ? strndup(name, (size_t)dir_length(name)) : strdup(".");
    int fd = dir ? openat(dir_fd, dir, O_WRONLY | O_TMPFILE | O_CLOEXEC, mode) : -1;

    free(dir);
    return fd;
}

int temp_open(int dir_fd, const char *name, mode_t mode, char **temp)
{
    int fd = open_unnamed(dir_fd, name, mode);

    *temp = NULL;
    /* filesystems without such files say one of these */
    if (fd >= 0 || (errno != EOPNOTSUPP && errno != EISDIR && errno != EINVAL))
        return fd < 0 ? -errno : fd;
    for (int i = 0; i < TRIES; i++) {
        *temp = make_name(name);
        if (!*temp)
            return -ENOMEM;
        fd = openat(dir_fd, *temp, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, mode);
        if (fd >= 0)
            return fd;
        free(*temp);
        *temp = NULL;
        if (errno != EEXIST)
            return -errno;
    }
    return -EEXIST;
}

/* linkat for what has a descriptor only. */
static int link_fd(int fd, int dir_fd, const char *name)
{
    char path[64];

    snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
    return linkat(AT_FDCWD, path, dir_fd, name, AT_SYMLINK_FOLLOW) < 0 ? -errno : 0;
}

int temp_name(int dir_fd, const char *name, int fd, char *temp, bool replaces)
{
    int rc;

    if (!temp && !replaces)
        return link_fd(fd, dir_fd, name);
    rc = 0;
    for (int i = 0; i < TRIES && !temp; i++) {
        temp = make_name(name);
        rc = temp ? link_fd(fd, dir_fd, temp) : -ENOMEM;
        if (rc < 0) {
            free(temp);
            temp = NULL;
        }
        if (rc < 0 && rc != -EEXIST)
            return rc;
    }
    if (!temp)
        return rc;
    if (renameat2(dir_fd, temp, dir_fd, name, replaces ? 0 : RENAME_NOREPLACE) < 0) {
        rc = -errno;
        if (rc == -EINVAL && !replaces && renameat(dir_fd, temp, dir_fd, name) == 0)
            rc = 0; /* a filesystem that knows no flags */
    }
    if (rc < 0)
        unlinkat(dir_fd, temp, 0);
    free(temp);
    return rc;
}

void temp_drop(int dir_fd, char *temp)
{
    if (temp)
        unlinkat(dir_fd, temp, 0);
    free(temp);
}
