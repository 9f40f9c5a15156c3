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

static int create(int dir_fd, const char *name, mode_t mode)
{
    int fd = openat(dir_fd, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, mode);

    return fd < 0 ? -errno : fd;
}

/* linkat for what has a descriptor only. */
static int link_fd(int fd, int dir_fd, const char *name)
{
    char path[64];

    snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
    return linkat(AT_FDCWD, path, dir_fd, name, AT_SYMLINK_FOLLOW) < 0 ? -errno : 0;
}

/* Gives what is open, or a new file where fd is -1, a name of its own, in *temp. Returns the new
 * file's descriptor or 0, or -errno. */
static int name_apart(int dir_fd, const char *name, int fd, mode_t mode, char **temp,
                      struct unfinished *unfinished)
{
    int rc = -EEXIST;

    for (int i = 0; i < TRIES && rc == -EEXIST; i++) {
        char *made = make_name(name);
        if (!made)
            return -ENOMEM;
        unfinished_begin();
        rc = fd < 0 ? create(dir_fd, made, mode) : link_fd(fd, dir_fd, made);
        (void)unfinished_created(unfinished, dir_fd, rc < 0 ? NULL : made, -1);
        unfinished_extend(unfinished, UINT64_MAX);
        if (rc < 0)
            free(made);
        else
            *temp = made;
    }
    return rc;
}

int temp_open(int dir_fd, const char *name, mode_t mode, char **temp, struct unfinished *unfinished)
{
    int fd = open_unnamed(dir_fd, name, mode);

    *temp = NULL;
    /* filesystems without such files say one of these */
    if (fd >= 0 || (errno != EOPNOTSUPP && errno != EISDIR && errno != EINVAL))
        return fd < 0 ? -errno : fd;
    return name_apart(dir_fd, name, -1, mode, temp, unfinished);
}

int temp_name(int dir_fd, const char *name, int fd, char *temp, bool replaces,
              struct unfinished *unfinished)
{
    int rc = 0;

    if (!temp && !replaces)
        return link_fd(fd, dir_fd, name);
    if (!temp)
        rc = name_apart(dir_fd, name, fd, 0, &temp, unfinished);
    if (rc < 0)
        return rc;
    if (renameat2(dir_fd, temp, dir_fd, name, replaces ? 0 : RENAME_NOREPLACE) < 0) {
        rc = -errno;
        if (rc == -EINVAL && !replaces && renameat(dir_fd, temp, dir_fd, name) == 0)
            rc = 0; /* a filesystem that knows no flags */
    }
    if (rc < 0)
        unlinkat(dir_fd, temp, 0);
    unfinished_end(unfinished);
    free(temp);
    return rc;
}

void temp_drop(int dir_fd, char *temp, struct unfinished *unfinished)
{
    if (temp)
        unlinkat(dir_fd, temp, 0);
    unfinished_end(unfinished);
    free(temp);
}
