/* backup.c: names of backups: a suffix, or the next number that is free in the directory. See
 * backup.h. */
#define _GNU_SOURCE
#include "backup.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../base/path.h"
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

/* N of "BASE.~N~"; 0: it is no such name. */
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

/* The highest number that is taken. */
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

static char *choose(int dir_fd, const char *name, enum backup_kind kind, const char *suffix,
                    bool *numbered)
{
    unsigned long number = kind == BACKUP_SIMPLE ? 0 : highest(dir_fd, name);
    char *backup;
    int len;

    *numbered = kind == BACKUP_NUMBERED || number > 0;
    if (*numbered)
        len = asprintf(&backup, "%s.~%lu~", name, number + 1);
    else
        len = asprintf(&backup, "%s%s", name, suffix);
    if (len < 0)
        return NULL;
    shorten(dir_fd, name, backup);
    return backup;
}

char *backup_name(int dir_fd, const char *name, enum backup_kind kind, const char *suffix)
{
    bool numbered;

    return choose(dir_fd, name, kind, suffix, &numbered);
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

int backup_make(int dir_fd, const char *name, enum backup_kind kind, const char *suffix,
                char **made)
{
    for (int i = 0; i < TRIES; i++) {
        bool numbered;
        char *backup = choose(dir_fd, name, kind, suffix, &numbered);
        /* a simple backup replaces an older one; a numbered one must not */
        unsigned flags = numbered ? RENAME_NOREPLACE : 0;
        int error;

        if (!backup)
            return -ENOMEM;
        if (renameat2(dir_fd, name, dir_fd, backup, flags) == 0 ||
            (flags && errno == EINVAL && renameat(dir_fd, name, dir_fd, backup) == 0)) {
            *made = backup;
            return numbered ? 0 : give_up_name(dir_fd, name, backup);
        }
        error = errno;
        free(backup);
        if (error != EEXIST)
            return -error;
    }
    return -EEXIST;
}
