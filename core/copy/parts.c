/* parts.c: see parts.h. */
#define _GNU_SOURCE
#include "parts.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <search.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../base/retry.h"

enum {
    NAME_BYTES = 32, /* of ".part-", a number, and a NUL */
    WRITE_BYTES = 256 * 1024,
};

/* An inode with names that have not been added yet. */
struct inode {
    dev_t dev;
    ino_t ino;
    size_t part;
    uint64_t left; /* names not added yet; UINT64_MAX: unknown */
};

struct part {
    uint64_t cost;
    size_t number; /* as it was begun */
};

struct parts {
    int dir_fd;
    uint64_t limit;
    struct part *part;
    size_t len, cap;
    FILE *current; /* the last part that may take more; NULL: none */
    size_t current_number;
    void *inodes; /* a tree of search.h */
    struct parts_total total;
    int status; /* -errno: a name may be missing */
};

int parts_new(struct parts **parts, int dir_fd, uint64_t limit)
{
    struct parts *new = calloc(1, sizeof(*new));

    if (!new)
        return -ENOMEM;
    new->dir_fd = dir_fd;
    new->limit = limit;
    *parts = new;
    return 0;
}

void parts_free(struct parts *parts)
{
    if (!parts)
        return;
    if (parts->current)
        fclose(parts->current);
    tdestroy(parts->inodes, free);
    free(parts->part);
    free(parts);
}

static int by_inode(const void *a, const void *b)
{
    const struct inode *x = a, *y = b;

    if (x->ino != y->ino)
        return x->ino < y->ino ? -1 : 1;
    return x->dev == y->dev ? 0 : x->dev < y->dev ? -1 : 1;
}

static void hidden_name(size_t number, char name[NAME_BYTES])
{
    snprintf(name, NAME_BYTES, ".part-%zu", number);
}

static int close_stream(FILE *stream)
{
    return fclose(stream) == 0 ? 0 : -errno;
}

/* Opens a part to append to it. Returns 0 or -errno. */
static int open_stream(const struct parts *parts, size_t number, int flags, FILE **stream)
{
    char name[NAME_BYTES];
    int fd;

    hidden_name(number, name);
    fd = openat(parts->dir_fd, name, O_WRONLY | O_APPEND | O_CLOEXEC | flags, 0666);
    if (fd < 0)
        return -errno;
    *stream = fdopen(fd, "a");
    if (!*stream) {
        close(fd);
        return -ENOMEM;
    }
    return 0;
}

/* Begins a part. Returns 0 or -errno, with *stream open. */
static int begin(struct parts *parts, FILE **stream)
{
    int rc;

    if (parts->len == parts->cap) {
        size_t cap = parts->cap ? parts->cap * 2 : 64;
        void *part = reallocarray(parts->part, cap, sizeof(struct part));
        if (!part)
            return -ENOMEM;
        parts->part = part;
        parts->cap = cap;
    }
    rc = open_stream(parts, parts->len, O_CREAT | O_EXCL, stream);
    if (rc == 0) {
        parts->part[parts->len] = (struct part){.number = parts->len};
        parts->len++;
    }
    return rc;
}

static int write_name(FILE *stream, const char *name)
{
    return fwrite(name, strlen(name) + 1, 1, stream) == 1 ? 0 : -errno;
}

/* Appends to a part that is not the current one. */
static int append(const struct parts *parts, size_t number, const char *name)
{
    FILE *stream = NULL;
    int rc = open_stream(parts, number, 0, &stream), closed;

    if (rc < 0)
        return rc;
    rc = write_name(stream, name);
    closed = close_stream(stream);
    return rc < 0 ? rc : closed;
}

/* Begins another part unless the current one has room for a name of this cost. */
static int make_room(struct parts *parts, uint64_t cost)
{
    int rc = 0;

    if (parts->current && parts->part[parts->current_number].cost + cost <= parts->limit)
        return 0;
    if (parts->current)
        rc = close_stream(parts->current);
    parts->current = NULL;
    if (rc == 0)
        rc = begin(parts, &parts->current);
    if (rc == 0) {
        parts->current_number = parts->len - 1;
        setvbuf(parts->current, NULL, _IOFBF, WRITE_BYTES);
    }
    return rc;
}

/* Adds a name to the part where it belongs. Returns 0 or -errno, with *number. */
static int place(struct parts *parts, const char *name, uint64_t cost, size_t *number)
{
    FILE *own = NULL;
    int rc;

    if (cost > parts->limit) {
        rc = begin(parts, &own);
        if (rc < 0)
            return rc;
        *number = parts->len - 1;
        rc = close_stream(own);
        return rc < 0 ? rc : append(parts, *number, name);
    }
    rc = make_room(parts, cost);
    if (rc < 0)
        return rc;
    *number = parts->current_number;
    return write_name(parts->current, name);
}

/* Adds one more name of an inode, which has cost its bytes already. */
static int add_further(struct parts *parts, struct inode *inode, const char *name)
{
    size_t number = inode->part;

    assert(inode->left > 0);
    parts->part[number].cost += PARTS_FILE_COST;
    parts->total.names++;
    if (inode->left != UINT64_MAX && --inode->left == 0) {
        tdelete(inode, &parts->inodes, by_inode);
        free(inode);
    }
    if (parts->current && number == parts->current_number)
        return write_name(parts->current, name);
    return append(parts, number, name);
}

static int add(struct parts *parts, const char *name, const struct stat *st, uint64_t bytes,
               uint64_t names)
{
    struct inode key = {.dev = st->st_dev, .ino = st->st_ino};
    struct inode **found = names == 1 ? NULL : tfind(&key, &parts->inodes, by_inode), *inode;
    size_t number;
    int rc;

    if (found)
        return add_further(parts, *found, name);
    rc = place(parts, name, bytes + PARTS_FILE_COST, &number);
    if (rc < 0)
        return rc;
    parts->part[number].cost += bytes + PARTS_FILE_COST;
    parts->total.names++;
    parts->total.bytes += bytes;
    if (names == 1)
        return 0;
    inode = malloc(sizeof(*inode));
    if (!inode)
        return -ENOMEM;
    key.part = number;
    key.left = names == 0 ? UINT64_MAX : names - 1;
    *inode = key;
    if (tsearch(inode, &parts->inodes, by_inode))
        return 0;
    free(inode);
    return -ENOMEM;
}

int parts_add(struct parts *parts, const char *name, const struct stat *st, uint64_t bytes,
              uint64_t names)
{
    if (parts->status == 0)
        parts->status = add(parts, name, st, bytes, names);
    return parts->status;
}

/* Costly ones first; those that cost the same in their order. */
static int by_cost(const void *a, const void *b)
{
    const struct part *x = a, *y = b;

    if (x->cost != y->cost)
        return x->cost > y->cost ? -1 : 1;
    return x->number < y->number ? -1 : 1;
}

/* Waits until a part is on the device, and gives it its name. Returns 0 or -errno. */
static int name_part(const struct parts *parts, size_t number, size_t place)
{
    char from[NAME_BYTES], to[NAME_BYTES];
    int fd, rc;

    hidden_name(number, from);
    snprintf(to, sizeof(to), "%zu", place);
    fd = openat(parts->dir_fd, from, O_WRONLY | O_CLOEXEC);
    if (fd < 0)
        return -errno;
    rc = fsync(fd) < 0 && errno != EINVAL ? -errno : 0; /* a filesystem that cannot */
    if (close(fd) < 0 && errno != EINTR && rc == 0)
        rc = -errno;
    if (rc == 0 && renameat(parts->dir_fd, from, parts->dir_fd, to) < 0)
        rc = -errno;
    return rc;
}

int parts_end(struct parts *parts, bool complete, struct parts_total *total)
{
    int rc = parts->current ? close_stream(parts->current) : 0;

    parts->current = NULL;
    if (parts->status < 0)
        rc = parts->status;
    if (parts->len > 1)
        qsort(parts->part, parts->len, sizeof(struct part), by_cost);
    for (size_t i = 0; complete && rc == 0 && i < parts->len; i++)
        rc = name_part(parts, parts->part[i].number, i);
    parts->total.parts = parts->len;
    *total = parts->total;
    return rc;
}
