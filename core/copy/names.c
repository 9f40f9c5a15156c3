/* names.c: see names.h. */
#define _GNU_SOURCE
#include "names.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../base/musl.h"
#include "../base/retry.h"

enum {
    NAMES_BYTES_MAX = 1024 * 1024,
    LIST_BYTES = 64 * 1024,
};

struct names {
    size_t len, cap; /* bytes */
    size_t count;
    char *bytes;      /* each name and a NUL */
    const char **all; /* [count], in bytewise order */
};

static int by_name(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static bool add(struct names *names, const char *name)
{
    size_t len = strlen(name) + 1;

    if (names->len + len > names->cap) {
        size_t cap = names->cap ? names->cap * 2 : 4096;
        char *bytes = cap <= NAMES_BYTES_MAX ? realloc(names->bytes, cap) : NULL;
        if (!bytes)
            return false;
        names->bytes = bytes;
        names->cap = cap;
    }
    memcpy(names->bytes + names->len, name, len);
    names->len += len;
    names->count++;
    return true;
}

/* Reads all names. Returns false if that is not possible. */
static bool read_all(struct names *names, int dir_fd, char *buf)
{
    ssize_t got = lseek(dir_fd, 0, SEEK_SET) < 0 ? -1 : 1;

    while (got > 0 && (got = getdents64(dir_fd, buf, LIST_BYTES)) > 0) {
        for (ssize_t at = 0; at < got;) {
            const struct dirent *entry = (const struct dirent *)(buf + at);
            at += entry->d_reclen;
            if (!add(names, entry->d_name))
                return false;
        }
    }
    return got == 0;
}

struct names *names_list(int dir_fd)
{
    struct names *names = calloc(1, sizeof(*names));
    char *buf = malloc(LIST_BYTES);
    bool known = names && buf && read_all(names, dir_fd, buf);

    free(buf);
    if (known)
        names->all = malloc((names->count + 1) * sizeof(*names->all));
    if (!known || !names->all) {
        names_free(names);
        return NULL;
    }
    for (size_t i = 0, at = 0; i < names->count; i++, at += strlen(names->bytes + at) + 1)
        names->all[i] = names->bytes + at;
    qsort(names->all, names->count, sizeof(*names->all), by_name);
    return names;
}

bool names_have(const struct names *names, const char *name)
{
    return bsearch(&name, names->all, names->count, sizeof(*names->all), by_name) != NULL;
}

void names_free(struct names *names)
{
    if (!names)
        return;
    free(names->all);
    free(names->bytes);
    free(names);
}
