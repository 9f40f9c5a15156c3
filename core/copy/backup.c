/* backup.c: names of backups: a suffix, or the next number that is free in the directory. See
 * backup.h. */
#define _GNU_SOURCE
#include "backup.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../base/path.h"
#include "../base/unfinished.h"
#include "../base/retry.h"

enum {
    TRIES = 100,     /* others may take the number that was free */
    SHORT_NAME = 14, /* as POSIX has it: every filesystem has names of this length */
};

static DIR *open_dir_of(int dir_fd, const char *name)
{
    char *path = path_dir(name);
    int fd = path ? openat(dir_fd, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
    DIR *dir = fd < 0 ? NULL : fdopendir(fd);

    if (!dir && fd >= 0)
        close(fd);
    free(path);
    return dir;
}

/* Returns N of "BASE.~N~"; 0: it is no such name. */
static unsigned long number_of(const char *entry, const char *base, size_t base_len)
{
    unsigned long number;
    char *end;

    if (strncmp(entry, base, base_len) != 0 || strncmp(entry + base_len, ".~", 2) != 0 ||
        entry[base_len + 2] < '1' || entry[base_len + 2] > '9')
        return 0;
    errno = 0;
    number = strtoul(entry + base_len + 2, &end, 10);
    return errno == 0 && strcmp(end, "~") == 0 ? number : 0;
}

/* Returns the highest number that is taken. */
static unsigned long highest(int dir_fd, const char *name)
{
    const char *base = path_last(name);
    size_t base_len = strlen(base);
    DIR *dir = open_dir_of(dir_fd, name);
    struct dirent *entry;
    unsigned long max = 0;

    while (dir && (entry = readdir(dir))) {
        unsigned long number = number_of(entry->d_name, base, base_len);
        if (number > max)
            max = number;
    }
    if (dir)
        closedir(dir);
    return max;
}

/* Returns the longest backup that the directory of name can have, in bytes: as with cp, a byte less
 * than the filesystem allows. */
static size_t longest(int dir_fd, const char *name)
{
    char *path = path_dir(name);
    int fd = path ? openat(dir_fd, path, O_PATH | O_DIRECTORY | O_CLOEXEC) : -1;
    long max = fd < 0 ? -1 : fpathconf(fd, _PC_NAME_MAX);

    if (fd >= 0)
        close(fd);
    free(path);
    return (size_t)(max < 0 ? NAME_MAX : max) - 1;
}

/* Makes a backup's name that is too long what cp makes it: as much of the file's name as there is
 * room for, and ~. */
static void shorten(int dir_fd, const char *name, char *backup)
{
    size_t base = (size_t)(path_last(name) - name), len = strlen(name + base), max;

    if (strlen(backup + base) <= SHORT_NAME)
        return;
    max = longest(dir_fd, name);
    if (strlen(backup + base) <= max)
        return;
    if (len >= max)
        len = max - 1;
    memcpy(backup + base + len, "~", sizeof("~"));
}

/* Makes a backup's name. *number: the last one that was tried, or 0; becomes the one in the name, 0
 * if it has none. */
static char *choose(int dir_fd, const char *name, enum backup_kind kind, const char *suffix,
                    unsigned long *number)
{
    unsigned long taken = kind == BACKUP_SIMPLE ? 0 : highest(dir_fd, name);
    char *backup;
    int len;

    if (kind == BACKUP_NUMBERED || taken > 0)
        *number = (taken > *number ? taken : *number) + 1;
    if (*number > 0)
        len = asprintf(&backup, "%s.~%lu~", name, *number);
    else
        len = asprintf(&backup, "%s%s", name, suffix);
    if (len < 0)
        return NULL;
    shorten(dir_fd, name, backup);
    return backup;
}

char *backup_name(int dir_fd, const char *name, enum backup_kind kind, const char *suffix)
{
    unsigned long number = 0;

    return choose(dir_fd, name, kind, suffix, &number);
}

/* Removes name if it is still there because it and the backup are one file: rename(2) leaves such
 * names as they are. Returns 0 or -errno. */
static int give_up_name(int dir_fd, const char *name, const char *backup)
{
    struct stat at, moved;

    if (fstatat(dir_fd, name, &at, AT_SYMLINK_NOFOLLOW) < 0 ||
        fstatat(dir_fd, backup, &moved, AT_SYMLINK_NOFOLLOW) < 0 || at.st_ino != moved.st_ino ||
        at.st_dev != moved.st_dev)
        return 0;
    return unlinkat(dir_fd, name, 0) < 0 ? -errno : 0;
}

/* If the filesystem cannot do that in one step, an empty file takes the new name first, so that no
 * other thread or process takes it. If none can be made, the filesystem may be full. */
int backup_rename(int dir_fd, const char *from, const char *to)
{
    struct unfinished empty = {};
    int fd, rc;

    if (renameat2(dir_fd, from, dir_fd, to, RENAME_NOREPLACE) == 0)
        return 0;
    if (errno != EINVAL && errno != ENOSYS)
        return -errno;
    unfinished_begin();
    fd = openat(dir_fd, to, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, S_IRUSR | S_IWUSR);
    rc = fd < 0 && errno == EEXIST ? -EEXIST : 0;
    if (!unfinished_created(&empty, dir_fd, fd < 0 ? NULL : to, fd))
        rc = -EEXIST; /* another thread writes to it */
    if (rc == 0 && renameat(dir_fd, from, dir_fd, to) < 0) {
        rc = -errno;
        unfinished_unlink(&empty);
    }
    unfinished_end(&empty);
    if (fd >= 0)
        close(fd);
    return rc;
}

int backup_make(int dir_fd, const char *name, enum backup_kind kind, const char *suffix,
                char **made)
{
    unsigned long number = 0;

    for (int i = 0; i < TRIES; i++) {
        char *backup = choose(dir_fd, name, kind, suffix, &number);
        int rc;

        if (!backup)
            return -ENOMEM;
        /* a simple backup replaces an older one; a numbered one must not */
        if (number > 0)
            rc = backup_rename(dir_fd, name, backup);
        else
            rc = renameat(dir_fd, name, dir_fd, backup) < 0 ? -errno : 0;
        if (rc == 0) {
            *made = backup;
            return number > 0 ? 0 : give_up_name(dir_fd, name, backup);
        }
        free(backup);
        if (rc != -EEXIST)
            return rc;
    }
    return -EEXIST;
}
