/* symlink.c: see symlink.h. */
#define _GNU_SOURCE
#include "symlink.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../base/retry.h"

char *symlink_read(int dir_fd, const char *name, const struct stat *st)
{
    size_t cap = st->st_size > 0 && st->st_size < PATH_MAX ? (size_t)st->st_size + 1 : PATH_MAX;

    for (;; cap *= 2) {
        char *target = malloc(cap + 1);
        ssize_t len = target ? readlinkat(dir_fd, name, target, cap) : -1;
        int status = target ? errno : ENOMEM;

        if (len >= 0 && (size_t)len < cap) {
            target[len] = 0;
            return target;
        }
        free(target);
        errno = status;
        if (len < 0)
            return NULL;
    }
}

bool symlink_is(int dir_fd, const char *name, const char *target)
{
    size_t len = strlen(target);
    char *now = malloc(len + 1);
    bool is = now && readlinkat(dir_fd, name, now, len + 1) == (ssize_t)len &&
              memcmp(now, target, len) == 0;

    free(now);
    return is;
}
