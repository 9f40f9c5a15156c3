/* listing.c: see listing.h. */
#define _GNU_SOURCE
#include "listing.h"

#include <assert.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "../base/preload.h"
#include "../base/retry.h"

/* Adds an entry. Not every filesystem tells the type, or the right one. A regular file or a
 * directory that is none cannot be opened as one; a wrong one of other types is not opened. */
static int add(struct listing *list, const struct dirent *dirent, bool typed)
{
    size_t name_len = strlen(dirent->d_name) + 1;
    bool told = typed && (dirent->d_type == DT_REG || dirent->d_type == DT_DIR);

    if (list->len == list->cap) {
        size_t cap = list->cap ? list->cap * 2 : 32;
        void *entries = realloc(list->entries, cap * sizeof(struct found));
        if (!entries)
            return -ENOMEM;
        list->entries = entries;
        list->cap = cap;
    }
    if (list->names_len + name_len > list->names_cap) {
        size_t cap = (list->names_cap + name_len) * 2;
        void *names = realloc(list->names, cap);
        if (!names)
            return -ENOMEM;
        list->names = names;
        list->names_cap = cap;
    }
    memcpy(list->names + list->names_len, dirent->d_name, name_len);
    list->entries[list->len++] = (struct found){.ino = dirent->d_ino,
                                                .name_at = list->names_len,
                                                .type = told ? dirent->d_type : DT_UNKNOWN};
    list->names_len += name_len;
    return 0;
}

/* Bytewise by path: what is in a directory sorts as if its name ended in a slash. */
static int by_path(const void *a, const void *b, void *names)
{
    const struct found *x = a, *y = b;
    const unsigned char *p = (const unsigned char *)names + x->name_at;
    const unsigned char *q = (const unsigned char *)names + y->name_at;

    while (*p && *p == *q) {
        p++;
        q++;
    }
    int c = *p ? *p : x->type == DT_DIR ? '/' : 0;
    int d = *q ? *q : y->type == DT_DIR ? '/' : 0;
    return c - d;
}

int listing_stat(const struct walk_opts *opts, int fd, const char *name, struct found *entry)
{
    struct stat st;

    if (entry->type == DT_UNKNOWN) {
        if (fstatat(fd, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
            return -errno;
        entry->type = IFTODT(st.st_mode);
    }
    if (entry->type != DT_LNK || !opts->follow)
        return 0;
    if (fstatat(fd, name, &st, 0) < 0)
        return -errno;
    entry->link = true;
    entry->type = IFTODT(st.st_mode);
    entry->ino = st.st_ino;
    return 0;
}

/* Drops what is excluded. */
static int filter(struct listing *list, const struct dir *dir, const struct walk_opts *opts,
                  size_t root_len)
{
    size_t kept = 0;

    for (size_t i = 0; i < list->len; i++) {
        const struct found *entry = &list->entries[i];
        int rc = exclude_match(opts->exclude, dir, root_len, list->names + entry->name_at,
                               entry->type == DT_DIR);
        if (rc < 0)
            return rc;
        if (rc == 0)
            list->entries[kept++] = *entry;
    }
    list->len = kept;
    return 0;
}

int listing_read(struct listing *list, const struct dir *dir, const struct walk_opts *opts,
                 size_t root_len, char *raw)
{
    bool typed = !preload_present(); /* a device of fakeroot's is a regular file on disk */
    ssize_t got = 1;

    for (size_t i = 0; i < list->len; i++)
        assert(!list->entries[i].subdir);
    list->len = 0;
    list->names_len = 0;
    while (list->len < WALK_SORT_MAX && (got = getdents64(dir->fd, raw, LISTING_BYTES)) > 0) {
        for (ssize_t at = 0; at < got;) {
            const struct dirent *dirent = (const struct dirent *)(raw + at);
            at += dirent->d_reclen;
            if (strcmp(dirent->d_name, ".") == 0 || strcmp(dirent->d_name, "..") == 0)
                continue;
            if (add(list, dirent, typed) < 0)
                return -ENOMEM;
        }
    }
    list->found = list->len;
    if (got < 0 && errno != ENOENT) /* one that has been removed is empty */
        return -errno;
    for (size_t i = 0; i < list->len; i++)
        (void)listing_stat(opts, dir->fd, list->names + list->entries[i].name_at,
                           &list->entries[i]);
    if (opts->exclude && filter(list, dir, opts, root_len) < 0)
        return -ENOMEM;
    if (list->len > 1)
        qsort_r(list->entries, list->len, sizeof(struct found), by_path, list->names);
    return got > 0;
}

void listing_free(struct listing *list)
{
    for (size_t i = 0; i < list->len; i++)
        assert(!list->entries[i].subdir);
    free(list->entries);
    free(list->names);
    *list = (struct listing){0};
}
