/* atomic.c: a temporary file beside the one it becomes. See atomic.h. */
#define _GNU_SOURCE
#include "atomic.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../../core/copy/attr.h"
#include "../../core/base/access.h"
#include "../../core/base/filesystem.h"
#include "../../core/base/path.h"
#include "../../core/base/temp.h"
#include "../../core/base/retry.h"

enum {
    LINKS_MAX = 40, /* as the kernel's */
};

static const char prefix[] = ".aioutils-";

struct cli_atomic {
    FILE *stream;
    int dir; /* that it will be in; -1: it is written directly */
    char *name;
    char *temp;                   /* its name until the commit; NULL: none */
    struct unfinished unfinished; /* that name */
    bool replaces;
    struct stat old; /* of a regular file that is replaced or written to; zeroed: none */
};

/* Opens the directory that path, relative to at, is in. Cuts path in place: *name is its last part.
 * Returns the descriptor or -errno. */
static int open_parent(int at, char *path, char **name)
{
    const char *parent;
    int fd;

    if (!*path)
        return -ENOENT;
    parent = path_split(path, name);
    if (!**name)
        return -EISDIR;
    fd = openat(at, parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0 && errno == EACCES) /* it may be writable, though it cannot be synced */
        fd = openat(at, parent, O_PATH | O_DIRECTORY | O_CLOEXEC);
    return fd < 0 ? -errno : fd;
}

/* Returns true if a file may be another user's trap, by the rule of the kernel's
 * fs.protected_symlinks and fs.protected_regular: in a sticky directory that everyone may write to.
 */
static bool is_trap(const struct stat *dir, const struct stat *st)
{
    return (dir->st_mode & S_ISVTX) && (dir->st_mode & S_IWOTH) && st->st_uid != geteuid() &&
           st->st_uid != dir->st_uid;
}

/* Reads the symbolic link name in dir if it may be followed. Returns its length, 0 if it is no
 * link, or -errno. */
static ssize_t read_link(int dir, const char *name, char *target, size_t size)
{
    int fd = openat(dir, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
    struct stat parent, st;
    ssize_t len = 0;

    if (fd < 0)
        return errno == ENOENT ? 0 : -errno;
    if (fstat(dir, &parent) < 0 || fstat(fd, &st) < 0)
        len = -errno;
    else if (S_ISLNK(st.st_mode) && is_trap(&parent, &st))
        len = -EACCES;
    else if (S_ISLNK(st.st_mode) && (len = readlinkat(fd, "", target, size)) <= 0)
        len = len < 0 ? -errno : -ENOENT;
    close(fd);
    return len;
}

/* Moves file->dir and file->name on to path, relative to file->dir. Returns 0 or -errno. */
static int enter_parent(struct cli_atomic *file, const char *path)
{
    char *copy = strdup(path), *name;
    int dir = copy ? open_parent(file->dir < 0 ? AT_FDCWD : file->dir, copy, &name) : -ENOMEM;

    if (dir >= 0) {
        if (file->dir >= 0)
            close(file->dir);
        file->dir = dir;
        free(file->name);
        file->name = strdup(name);
    }
    free(copy);
    return dir < 0 ? dir : file->name ? 0 : -ENOMEM;
}

/* Follows links until file->dir and file->name are no link. Returns 0 or -errno. */
static int find_place(struct cli_atomic *file, const char *path)
{
    char target[PATH_MAX];

    for (int i = 0; i <= LINKS_MAX; i++) {
        int rc = enter_parent(file, path);
        ssize_t len;

        if (rc < 0)
            return rc;
        if (filesystem_is_proc(file->dir)) /* its links are no names */
            return 0;
        len = read_link(file->dir, file->name, target, sizeof(target) - 1);
        if (len <= 0)
            return (int)len;
        target[len] = 0;
        path = target;
    }
    return -ELOOP;
}

/* Opens a file that is written directly. A descriptor of this process is duplicated, which keeps
 * its position. */
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

/* Opens the file to write to, directly or under a temporary name. Returns a descriptor or -errno.
 */
static int open_output(struct cli_atomic *file)
{
    bool straight = filesystem_is_proc(file->dir);
    struct stat dir, old;
    int rc;

    if (!straight) {
        if (fstatat(file->dir, file->name, &old, AT_SYMLINK_NOFOLLOW) == 0)
            file->replaces = true;
        else if (errno != ENOENT)
            return -errno;
        if (file->replaces && (fstat(file->dir, &dir) < 0 || is_trap(&dir, &old)))
            return -EACCES;
        straight = file->replaces && (S_ISFIFO(old.st_mode) || S_ISCHR(old.st_mode));
    }
    if (straight) {
        int fd = open_straight(file);
        close(file->dir);
        file->dir = -1;
        if (fd >= 0 && (fstat(fd, &file->old) < 0 || !S_ISREG(file->old.st_mode)))
            file->old = (struct stat){0};
        return fd;
    }
    if (file->replaces) {
        if (!S_ISREG(old.st_mode))
            return S_ISDIR(old.st_mode) ? -EISDIR : -EINVAL;
        rc = access_effective(file->dir, file->name, W_OK);
        if (rc < 0)
            return rc;
        file->old = old;
    }
    temp_sweep(file->dir, prefix);
    /* only its maker may read it until it inherits the rights of the file that it replaces */
    return temp_open(file->dir, file->name, prefix, file->replaces ? 0600 : 0666, &file->temp,
                     &file->unfinished);
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
        rc = errno == EINVAL ? -EBADF : -errno; /* /dev/stdin, or a closed /dev/stdout */
        close(fd);
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

void cli_atomic_stat(const struct cli_atomic *file, struct stat *old, struct stat *own)
{
    *old = file->old;
    if (file->dir < 0 || fstat(fileno(file->stream), own) < 0)
        *own = (struct stat){0};
}

bool cli_atomic_overtaken(const struct cli_atomic *file)
{
    struct stat now;

    if (file->dir < 0)
        return false;
    if (fstatat(file->dir, file->name, &now, AT_SYMLINK_NOFOLLOW) < 0)
        return false;
    return !file->replaces || now.st_ino != file->old.st_ino || now.st_dev != file->old.st_dev;
}

/* Renames the complete file to its name, with the rights of the one it replaces, on disk. */
static int put_in_place(struct cli_atomic *file)
{
    int rc = 0, fd = fileno(file->stream);
    struct stat at;
    bool replaces = fstatat(file->dir, file->name, &at, AT_SYMLINK_NOFOLLOW) == 0;
    char *temp = file->temp;

    if (replaces)
        rc = attr_inherit(file->dir, file->name, fd);
    if (rc == 0 && fsync(fd) < 0)
        rc = -errno;
    if (rc < 0)
        return rc;
    file->temp = NULL; /* temp_name takes it over */
    rc = temp_name(file->dir, file->name, prefix, fd, temp, replaces, &file->unfinished);
    /* EBADF: it could not be opened for reading; EINVAL: a filesystem that cannot */
    if (rc == 0 && fsync(file->dir) < 0 && errno != EBADF && errno != EINVAL)
        rc = -errno;
    return rc;
}

int cli_atomic_commit(struct cli_atomic *file)
{
    int rc = 0, told = 0;

    assert(file->stream);
    errno = 0;
    if (ferror(file->stream))
        rc = -EIO; /* the reason is gone */
    if (fflush(file->stream) != 0)
        rc = errno ? -errno : -EIO;
    if (rc == 0 && file->dir >= 0)
        rc = put_in_place(file);
    if (rc == 0 && file->dir < 0) /* else fsync has told it */
        told = retry_flush(fileno(file->stream));
    if (fclose(file->stream) != 0 && rc == 0 && (errno != EINTR || told < 0))
        rc = errno ? -errno : -EIO;
    if (told < 0 && told != -EINTR && rc == 0)
        rc = told;
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
    assert(!file->temp || file->dir >= 0);
    temp_drop(file->dir, file->temp, &file->unfinished);
    if (file->dir >= 0)
        close(file->dir);
    free(file->name);
    free(file);
}
