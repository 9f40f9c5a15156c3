/* written.c: a hash table with open addressing. See written.h. */
#define _GNU_SOURCE
#include "written.h"

#include <assert.h>
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>

#include "../base/statx.h"
#include "folded.h"

enum {
    CAPACITY_FIRST = 256, /* a power of two, as every capacity */
    FILE_LOCKS = 64,
};

struct entry {
    dev_t dev;
    ino_t ino;
    int64_t birth_ns;    /* 0: unknown */
    uintptr_t scope_how; /* the scope's address, and an enum written_how in its low bits */
};

struct written {
    pthread_rwlock_t making; /* held for reading from the making of a file until it is noted */
    pthread_mutex_t file[FILE_LOCKS]; /* each for the files of one hash */
    atomic_uint moves;
    pthread_mutex_t lock; /* protects what follows */
    struct entry *entries;
    size_t len, capacity;
};

struct written *written_new(void)
{
    struct written *written = calloc(1, sizeof(*written));

    if (!written)
        return NULL;
    written->capacity = CAPACITY_FIRST;
    written->entries = calloc(written->capacity, sizeof(struct entry));
    if (!written->entries) {
        free(written);
        return NULL;
    }
    pthread_rwlock_init(&written->making, NULL);
    pthread_mutex_init(&written->lock, NULL);
    for (int i = 0; i < FILE_LOCKS; i++)
        pthread_mutex_init(&written->file[i], NULL);
    return written;
}

void written_free(struct written *written)
{
    if (!written)
        return;
    for (int i = 0; i < FILE_LOCKS; i++)
        pthread_mutex_destroy(&written->file[i]);
    pthread_mutex_destroy(&written->lock);
    pthread_rwlock_destroy(&written->making);
    free(written->entries);
    free(written);
}

void written_begin(struct written *written)
{
    if (written)
        pthread_rwlock_rdlock(&written->making);
}

void written_end(struct written *written)
{
    if (written)
        pthread_rwlock_unlock(&written->making);
}

void written_settle(struct written *written)
{
    pthread_rwlock_wrlock(&written->making);
    pthread_rwlock_unlock(&written->making);
}

pthread_mutex_t *written_lock(struct written *written, const struct stat *st)
{
    return &written->file[st->st_ino % FILE_LOCKS];
}

void written_moved(struct written *written)
{
    atomic_fetch_add(&written->moves, 1);
}

unsigned written_moves(struct written *written)
{
    return atomic_load(&written->moves);
}

/* Finds the entry of an inode, or the free one where it belongs. */
static struct entry *place(const struct written *written, dev_t dev, ino_t ino)
{
    /* inodes are consecutive numbers: the multiplier (2^64 / golden ratio) spreads them */
    size_t mask = written->capacity - 1;
    size_t at = (size_t)(((uint64_t)ino ^ dev) * 0x9e3779b97f4a7c15 >> 32) & mask;

    assert(written->len < written->capacity); /* a free entry ends the search */
    while (written->entries[at].scope_how != 0 &&
           (written->entries[at].ino != ino || written->entries[at].dev != dev))
        at = (at + 1) & mask;
    return &written->entries[at];
}

static int grow(struct written *written)
{
    struct written larger = {.capacity = written->capacity * 2};

    larger.entries = calloc(larger.capacity, sizeof(struct entry));
    if (!larger.entries)
        return -ENOMEM;
    for (size_t i = 0; i < written->capacity; i++) {
        const struct entry *entry = &written->entries[i];
        if (entry->scope_how != 0)
            *place(&larger, entry->dev, entry->ino) = *entry;
    }
    free(written->entries);
    written->entries = larger.entries;
    written->capacity = larger.capacity;
    return 0;
}

int written_add(struct written *written, const struct stat *st, int64_t birth_ns, const void *scope,
                enum written_how how)
{
    struct entry *entry;
    int rc = 0;

    assert(((uintptr_t)scope & 3) == 0 && how != WRITTEN_NONE);
    if (!written)
        return 0;
    pthread_mutex_lock(&written->lock);
    if (written->len >= written->capacity / 4 * 3)
        rc = grow(written);
    if (rc == 0) {
        entry = place(written, st->st_dev, st->st_ino);
        written->len += entry->scope_how == 0;
        birth_ns = birth_ns != 0 ? birth_ns : entry->birth_ns;
        *entry = (struct entry){st->st_dev, st->st_ino, birth_ns, (uintptr_t)scope | how};
    }
    pthread_mutex_unlock(&written->lock);
    return rc;
}

static struct entry find(struct written *written, const struct stat *st)
{
    struct entry found;

    pthread_mutex_lock(&written->lock);
    found = *place(written, st->st_dev, st->st_ino);
    pthread_mutex_unlock(&written->lock);
    return found;
}

static const void *scope_of(const struct entry *entry)
{
    return (const void *)(entry->scope_how & ~(uintptr_t)3);
}

static enum written_how how_of(const struct entry *entry)
{
    return (enum written_how)(entry->scope_how & 3);
}

enum written_how written_find(struct written *written, const struct stat *st, int dir_fd,
                              const char *name, int flags, const void **scope)
{
    struct entry found;
    int64_t birth_ns;
    struct stat now;

    if (!written)
        return WRITTEN_NONE;
    found = find(written, st);
    if (how_of(&found) != WRITTEN_NONE && found.birth_ns != 0 &&
        statx_birth(dir_fd, name, flags, &now, &birth_ns) == 0 && birth_ns != 0 &&
        birth_ns != found.birth_ns)
        return WRITTEN_NONE;
    *scope = scope_of(&found);
    return how_of(&found);
}

/* A name has an entry as an inode has: its hash is the number, of no device. */
static struct stat name_key(const struct dir *dir, const char *name, const void *scope)
{
    uint64_t seed = dir->number * 0x9e3779b97f4a7c15 ^ (uintptr_t)scope;

    return (struct stat){.st_dev = (dev_t)-1, .st_ino = (ino_t)folded_hash(seed, name)};
}

int written_name(struct written *written, const struct dir *dir, const char *name,
                 const void *scope)
{
    struct stat key;
    struct entry found;
    bool twice;
    int rc;

    if (!written)
        return 0;
    key = name_key(dir, name, scope);
    found = find(written, &key);
    twice = how_of(&found) != WRITTEN_NONE;
    rc = written_add(written, &key, 0, twice ? scope : NULL, WRITTEN_NAME);
    return rc < 0 ? rc : twice;
}

int written_name_collides(struct written *written, const struct dir *dir, const char *name,
                          const void *scope)
{
    struct stat key;
    struct entry found;
    int count;

    if (!written)
        return 0;
    key = name_key(dir, name, scope);
    found = find(written, &key);
    if (how_of(&found) != WRITTEN_NAME || !scope_of(&found))
        return 0;
    count = folded_count(dir->fd, name);
    return count < 0 ? count : count == 1;
}
