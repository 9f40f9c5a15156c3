/* file.c: directory references, and the names of files. */
#define _GNU_SOURCE
#include "file.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

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

/* Writes dir's path, a slash where one is due, and name. Returns the length. */
static size_t join(char *out, const struct dir *dir, const char *name)
{
    size_t len = dir->path_len;
    size_t name_len = strlen(name);

    memcpy(out, dir->path, len);
    if (len > 0 && out[len - 1] != '/')
        out[len++] = '/';
    memcpy(out + len, name, name_len + 1);
    return len + name_len;
}

struct dir *dir_new(struct dir *parent, const char *name, int fd)
{
    struct dir *dir = calloc(1, sizeof(*dir) + parent->path_len + strlen(name) + 2);
    if (!dir)
        return NULL;
    atomic_init(&dir->refs, 1);
    dir->parent = dir_get(parent);
    dir->fd = fd;
    dir->path_len = join(dir->path, parent, name);
    return dir;
}

struct dir *dir_get(struct dir *dir)
{
    atomic_fetch_add_explicit(&dir->refs, 1, memory_order_relaxed);
    return dir;
}

void dir_put(struct dir *dir)
{
    /* a loop, not a recursion: a deep tree's last file may release every directory above it */
    while (dir && atomic_fetch_sub_explicit(&dir->refs, 1, memory_order_acq_rel) == 1) {
        struct dir *parent = dir->parent;
        if (dir->release)
            dir->release(dir);
        if (dir->fd >= 0)
            close(dir->fd);
        free(dir);
        dir = parent;
    }
}

char *file_path(const struct file *file)
{
    char *path = malloc(file->dir->path_len + strlen(file->name) + 2);
    if (path)
        join(path, file->dir, file->name);
    return path;
}

void file_fail(struct file *file, enum step step, int status)
{
    if (file->status == 0) {
        file->status = status;
        file->step = step;
    }
}
