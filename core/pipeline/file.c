/* file.c: directory references, and the names of files. */
#define _GNU_SOURCE
#include "file.h"

#include <assert.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../base/retry.h"

struct dir *dir_cwd(void)
{
    struct dir *dir = calloc(1, sizeof(*dir) + 1);
    if (dir) {
        atomic_init(&dir->refs, 1);
        dir->fd = AT_FDCWD;
        dir->may_follow = true;
    }
    return dir;
}

/* Returns the offset of a name in the path of its file: behind dir's path, and a slash if one is
 * needed. */
static size_t name_at(const struct dir *dir)
{
    /* an empty name came with a slash before it */
    bool slash = dir->name_len > 0 && dir->name[dir->name_len - 1] != '/';

    return dir->path_len + slash;
}

/* Writes dir's path to the beginning of a longer path. */
static void write_path(char *out, const struct dir *dir)
{
    for (; dir && dir->path_len > 0; dir = dir->parent) {
        size_t at = dir->path_len - dir->name_len;
        memcpy(out + at, dir->name, dir->name_len);
        if (at > 0)
            out[at - 1] = '/'; /* also where the parent's name ends in one */
    }
}

void dir_path_copy(const struct dir *dir, char *out)
{
    write_path(out, dir);
    out[dir->path_len] = 0;
}

static atomic_uint open_count;

unsigned dir_open_count(void)
{
    return atomic_load_explicit(&open_count, memory_order_relaxed);
}

static void close_dir(struct dir *dir)
{
    unsigned before;

    if (dir->fd >= 0) {
        close(dir->fd);
        dir->fd = -1;
        before = atomic_fetch_sub_explicit(&open_count, 1, memory_order_relaxed);
        assert(before > 0);
    }
}

int dir_park(struct dir *dir)
{
    for (; dir; dir = dir->dest_dir) {
        struct stat st;
        if (fstat(dir->fd, &st) < 0)
            return -errno;
        dir->dev = st.st_dev;
        dir->ino = st.st_ino;
        close_dir(dir);
    }
    return 0;
}

int dir_unpark(struct dir *dir, const struct dir *child)
{
    for (; dir && child; dir = dir->dest_dir, child = child->dest_dir) {
        struct stat st;
        int fd;
        if (dir->fd >= 0)
            continue;
        fd = openat(child->fd, "..", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        /* a destination that may not be listed */
        if (fd < 0 && errno == EACCES)
            fd = openat(child->fd, "..", O_PATH | O_DIRECTORY | O_CLOEXEC);
        if (fd < 0)
            return -errno;
        /* another directory must not get this one's attributes */
        if (fstat(fd, &st) < 0 || st.st_dev != dir->dev || st.st_ino != dir->ino) {
            close(fd);
            return -ESTALE;
        }
        dir->fd = fd;
        atomic_fetch_add_explicit(&open_count, 1, memory_order_relaxed);
    }
    return 0;
}

struct dir *dir_new(struct dir *parent, const char *name, int fd)
{
    size_t name_len = strlen(name);
    struct dir *dir = calloc(1, sizeof(*dir) + name_len + 1);
    if (!dir)
        return NULL;
    /* names below it follow one slash, as those of GNU */
    while (name_len > 1 && name[name_len - 1] == '/' && name[name_len - 2] == '/')
        name_len--;
    atomic_init(&dir->refs, 1);
    dir->parent = dir_get(parent);
    dir->fd = fd;
    if (fd >= 0)
        atomic_fetch_add_explicit(&open_count, 1, memory_order_relaxed);
    dir->path_len = name_at(parent) + name_len;
    dir->name_len = name_len;
    memcpy(dir->name, name, name_len);
    return dir;
}

struct dir *dir_get(struct dir *dir)
{
    unsigned refs = atomic_fetch_add_explicit(&dir->refs, 1, memory_order_relaxed);

    assert(refs > 0);
    return dir;
}

void dir_put(struct dir *dir)
{
    /* a loop, not a recursion: a deep tree's last file may release every directory above it */
    while (dir) {
        struct dir *parent = dir->parent;
        unsigned refs = atomic_fetch_sub_explicit(&dir->refs, 1, memory_order_acq_rel);
        assert(refs > 0);
        if (refs > 1)
            break;
        if (dir->release && dir->release(dir))
            break;
        close_dir(dir);
        free(dir);
        dir = parent;
    }
}

void dir_end(struct dir *dir)
{
    struct dir *parent = dir->parent;

    assert(atomic_load_explicit(&dir->refs, memory_order_relaxed) == 0);
    close_dir(dir);
    free(dir);
    dir_put(parent);
}

char *file_path(const struct file *file)
{
    size_t at = name_at(file->dir), bytes = strlen(file->name) + 1;
    char *path = malloc(at + bytes);
    if (path) {
        memcpy(path + at, file->name, bytes);
        if (at > 0)
            path[at - 1] = '/';
        write_path(path, file->dir);
    }
    return path;
}

/* Returns the last slash with a name behind it, among the first max bytes. */
static const char *split(const char *path, size_t max)
{
    const char *at = path + max;

    while (at > path && !(at[0] == '/' && at[1] != '/' && at[1] != 0))
        at--;
    return at;
}

int path_open(const char *path, int flags)
{
    int fd = AT_FDCWD, next;

    while (strlen(path) >= PATH_MAX) {
        const char *slash = split(path, PATH_MAX - 2);
        char *part = strndup(path, (size_t)(slash - path));
        next = -1;
        if (part && slash > path)
            next = openat(fd, part, O_PATH | O_DIRECTORY | O_CLOEXEC);
        else
            errno = part ? ENAMETOOLONG : ENOMEM;
        free(part);
        if (fd != AT_FDCWD)
            close(fd);
        if (next < 0)
            return -1;
        fd = next;
        path = slash + 1;
    }
    next = openat(fd, path, flags);
    if (fd != AT_FDCWD)
        close(fd);
    return next;
}

void file_fail(struct file *file, enum step step, int status)
{
    assert(status < 0 && step != STEP_NONE);
    if (file->status == 0) {
        file->status = status;
        file->step = step;
    }
}

bool file_fail_replaced(struct file *file, mode_t mode)
{
    if (file->type != DT_REG || S_ISREG(mode))
        return false;
    file_fail(file, STEP_REPLACED, -ESTALE);
    return true;
}
