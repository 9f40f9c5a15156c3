/* atomic.c: a temporary file beside the one it becomes. See atomic.h. */
#define _GNU_SOURCE
#include "atomic.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <linux/magic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "../../core/copy/unfinished.h"

enum {
    LINKS_MAX = 40, /* as the kernel's */
    TEMP_NAME = 32,
};

struct cli_atomic {
    FILE *stream;
    int dir; /* where it will be; -1: it is written at once */
    char *name;
    char temp[TEMP_NAME];         /* "" while it has no name */
    struct unfinished unfinished; /* that name */
    bool replaces;
    struct stat old;
};

/* Opens the directory that path is in, for path relative to at, and leaves the last part in *name,
 * in place. The descriptor or -errno. */
static int open_parent(int at, char *path, char **name)
{
    const char *parent = path;
    char *slash = strrchr(path, '/');
    int fd;

    *name = slash ? slash + 1 : path;
    if (!slash)
        parent = ".";
    else if (slash == path)
        parent = "/";
    else
        *slash = 0;
    if (!**name)
        return *path ? -EISDIR : -ENOENT;
    fd = openat(at, parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0 && errno == EACCES) /* it can be written, perhaps, but not synced */
        fd = openat(at, parent, O_PATH | O_DIRECTORY | O_CLOEXEC);
    return fd < 0 ? -errno : fd;
}

static bool on_proc(int fd)
{
    struct statfs fs;

    return fstatfs(fd, &fs) == 0 && fs.f_type == PROC_SUPER_MAGIC;
}

/* Follows links until file->dir and file->name are the place itself. Returns 0 or -errno. */
static int find_place(struct cli_atomic *file, const char *path)
{
    char target[PATH_MAX];
    char *name, *copy;

    for (int i = 0; i <= LINKS_MAX; i++) {
        ssize_t len;
        int dir;

        copy = strdup(path);
        if (!copy)
            return -ENOMEM;
        dir = open_parent(file->dir < 0 ? AT_FDCWD : file->dir, copy, &name);
        if (dir < 0) {
            free(copy);
            return dir;
        }
        if (file->dir >= 0)
            close(file->dir);
        file->dir = dir;
        free(file->name);
        file->name = strdup(name);
        free(copy);
        if (!file->name)
            return -ENOMEM;
        if (on_proc(dir)) /* its links are no names */
            return 0;
        len = readlinkat(dir, file->name, target, sizeof(target) - 1);
        if (len < 0)
            return 0;
        target[len] = 0;
        path = target;
    }
    return -ELOOP;
}

/* A descriptor for what is written at once. A descriptor of our own is taken with its position. */
static int open_straight(const struct cli_atomic *file)
{
    struct stat here, own;
    char *end;
    long fd = strtol(file->name, &end, 10);

    if (*end == 0 && fstat(file->dir, &here) == 0 && stat("/proc/self/fd", &own) == 0 &&
        here.st_ino == own.st_ino)
        fd = fcntl((int)fd, F_DUPFD_CLOEXEC, 0);
    else
        fd = openat(file->dir, file->name, O_WRONLY | O_APPEND | O_CLOEXEC | O_NOCTTY);
    return fd < 0 ? -errno : (int)fd;
}

static int temp_name(struct cli_atomic *file)
{
    uint64_t random;

    if (getrandom(&random, sizeof(random), 0) != sizeof(random))
        return -errno;
    snprintf(file->temp, sizeof(file->temp), ".aioutils-%016" PRIx64, random);
    return 0;
}

static int open_temp(struct cli_atomic *file)
{
    int fd = openat(file->dir, ".", O_WRONLY | O_TMPFILE | O_CLOEXEC, 0666);
    int rc;

    if (fd >= 0)
        return fd;
    /* what filesystems and kernels without it say */
    if (errno != EOPNOTSUPP && errno != EISDIR && errno != ENOENT && errno != EINVAL)
        return -errno;
    rc = temp_name(file);
    if (rc < 0)
        return rc;
    unfinished_begin();
    fd = openat(file->dir, file->temp, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    rc = -errno;
    (void)unfinished_created(&file->unfinished, file->dir, fd < 0 ? NULL : file->temp, -1);
    unfinished_extend(&file->unfinished, UINT64_MAX);
    if (fd < 0)
        file->temp[0] = 0;
    return fd < 0 ? rc : fd;
}

static int open_output(struct cli_atomic *file)
{
    bool straight = on_proc(file->dir);

    if (!straight) {
        if (fstatat(file->dir, file->name, &file->old, AT_SYMLINK_NOFOLLOW) == 0)
            file->replaces = true;
        else if (errno != ENOENT)
            return -errno;
        straight = file->replaces && (S_ISFIFO(file->old.st_mode) || S_ISCHR(file->old.st_mode));
    }
    if (straight) {
        int fd = open_straight(file);
        close(file->dir);
        file->dir = -1;
        return fd;
    }
    if (file->replaces) {
        if (!S_ISREG(file->old.st_mode))
            return S_ISDIR(file->old.st_mode) ? -EISDIR : -EINVAL;
        if (faccessat(file->dir, file->name, W_OK, AT_EACCESS) < 0)
            return -errno;
    }
    return open_temp(file);
}

int cli_atomic_open(struct cli_atomic **out, const char *path)
{
    struct cli_atomic *file = calloc(1, sizeof(*file));
    int rc, fd = -1;

    if (!file)
        return -ENOMEM;
    file->dir = -1;
    rc = find_place(file, path);
    if (rc == 0)
        rc = fd = open_output(file);
    if (rc >= 0 && !(file->stream = fdopen(fd, "w"))) {
        close(fd);
        rc = -ENOMEM;
    }
    if (rc < 0) {
        cli_atomic_discard(file);
        return rc;
    }
    *out = file;
    return 0;
}

FILE *cli_atomic_stream(struct cli_atomic *file)
{
    return file->stream;
}

/* Gives the file the name, or a temporary one where that is taken. */
static int link_in(struct cli_atomic *file, int fd)
{
    char self[TEMP_NAME];
    int rc;

    snprintf(self, sizeof(self), "/proc/self/fd/%d", fd);
    if (linkat(AT_FDCWD, self, file->dir, file->name, AT_SYMLINK_FOLLOW) == 0)
        return 0;
    if (errno != EEXIST)
        return -errno;
    rc = temp_name(file);
    if (rc < 0)
        return rc;
    unfinished_begin();
    if (linkat(AT_FDCWD, self, file->dir, file->temp, AT_SYMLINK_FOLLOW) < 0)
        rc = -errno;
    (void)unfinished_created(&file->unfinished, file->dir, rc < 0 ? NULL : file->temp, -1);
    unfinished_extend(&file->unfinished, UINT64_MAX);
    if (rc < 0)
        file->temp[0] = 0;
    return rc;
}

static int put_in_place(struct cli_atomic *file)
{
    int rc = 0, fd = fileno(file->stream);

    if (file->replaces) {
        (void)!fchown(fd, file->old.st_uid, file->old.st_gid);
        if (fchmod(fd, file->old.st_mode & 0777) < 0)
            return -errno;
    }
    if (fsync(fd) < 0)
        return -errno;
    if (!file->temp[0])
        rc = link_in(file, fd);
    if (rc == 0 && file->temp[0]) {
        if (renameat(file->dir, file->temp, file->dir, file->name) < 0)
            return -errno;
        unfinished_end(&file->unfinished);
        file->temp[0] = 0;
    }
    /* EBADF: it could not be opened for reading; EINVAL: a filesystem that cannot */
    if (rc == 0 && fsync(file->dir) < 0 && errno != EBADF && errno != EINVAL)
        rc = -errno;
    return rc;
}

int cli_atomic_commit(struct cli_atomic *file)
{
    int rc = 0;

    errno = 0;
    if (ferror(file->stream))
        rc = -EIO; /* the reason is gone */
    if (fflush(file->stream) != 0)
        rc = errno ? -errno : -EIO;
    if (rc == 0 && file->dir >= 0)
        rc = put_in_place(file);
    if (fclose(file->stream) != 0 && rc == 0)
        rc = errno ? -errno : -EIO;
    file->stream = NULL;
    cli_atomic_discard(file);
    return rc;
}

void cli_atomic_discard(struct cli_atomic *file)
{
    if (!file)
        return;
    if (file->stream)
        fclose(file->stream);
    if (file->temp[0])
        unlinkat(file->dir, file->temp, 0);
    unfinished_end(&file->unfinished);
    if (file->dir >= 0)
        close(file->dir);
    free(file->name);
    free(file);
}
