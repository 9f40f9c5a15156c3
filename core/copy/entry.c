/* entry.c: which directory entry a name stands for. See entry.h. */
#define _GNU_SOURCE
#include "entry.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "../base/retry.h"

bool entry_same_inode(const struct stat *a, const struct stat *b)
{
    return a->st_dev == b->st_dev && a->st_ino == b->st_ino;
}

const char *entry_base(const char *name)
{
    const char *slash = strrchr(name, '/');

    return slash && slash[1] ? slash + 1 : name;
}

/* Returns the path of the directory that a name is in: malloc'd, or NULL. */
static char *parent_path(const char *name)
{
    size_t len = (size_t)(entry_base(name) - name);

    while (len > 1 && name[len - 1] == '/') /* one at its end would follow a link */
        len--;
    return len > 0 ? strndup(name, len) : strdup(".");
}

int entry_parent(const struct dir *dir, const char *name, struct stat *st, int flags)
{
    char *path = parent_path(name);
    int rc = path ? fstatat(dir->fd, path, st, flags) : -1;

    free(path);
    return rc;
}

int entry_open_parent(const char *name)
{
    char *path = parent_path(name);
    int fd = path ? path_open(path, O_PATH | O_DIRECTORY | O_CLOEXEC) : -1;

    free(path);
    return fd;
}

bool entry_same(const struct dir *a_dir, const char *a, const struct dir *b_dir, const char *b,
                int flags)
{
    struct stat a_parent, b_parent;

    return strcmp(entry_base(a), entry_base(b)) == 0 &&
           entry_parent(a_dir, a, &a_parent, flags) == 0 &&
           entry_parent(b_dir, b, &b_parent, flags) == 0 && entry_same_inode(&a_parent, &b_parent);
}
