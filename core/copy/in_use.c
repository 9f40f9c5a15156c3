/* in_use.c: see in_use.h. */
#include "in_use.h"

#include <assert.h>
#include <stdatomic.h>
#include <stdlib.h>

enum { HASHES = UINT16_MAX + 1 };

struct in_use {
    _Atomic uint16_t readers[HASHES], writers[HASHES]; /* at most one for each file in flight */
};

struct in_use *in_use_new(void)
{
    return calloc(1, sizeof(struct in_use));
}

void in_use_free(struct in_use *in_use)
{
    free(in_use);
}

/* Inodes are consecutive numbers: the multiplier (2^64 / golden ratio) spreads them. */
static uint16_t hash(const struct stat *st)
{
    return (uint16_t)(((uint64_t)st->st_ino ^ st->st_dev) * 0x9e3779b97f4a7c15 >> 48);
}

/* Each side counts itself before it looks at the other one, so at least one of them is refused. */

bool in_use_read(struct in_use *in_use, struct in_use_mark *mark, const struct stat *source)
{
    assert(!mark->reads && !mark->writes);
    if (!in_use)
        return true;
    mark->source = hash(source);
    atomic_fetch_add(&in_use->readers[mark->source], 1);
    mark->reads = true;
    if (atomic_load(&in_use->writers[mark->source]) == 0)
        return true;
    in_use_end(in_use, mark);
    return false;
}

bool in_use_write(struct in_use *in_use, struct in_use_mark *mark, const struct stat *dest)
{
    unsigned own;

    assert(!mark->writes);
    if (!in_use)
        return true;
    mark->dest = hash(dest);
    own = mark->reads && mark->source == mark->dest;
    atomic_fetch_add(&in_use->writers[mark->dest], 1);
    if (atomic_load(&in_use->readers[mark->dest]) <= own) {
        mark->writes = true;
        return true;
    }
    atomic_fetch_sub(&in_use->writers[mark->dest], 1);
    return false;
}

void in_use_end_write(struct in_use *in_use, struct in_use_mark *mark)
{
    if (mark->writes)
        atomic_fetch_sub(&in_use->writers[mark->dest], 1);
    mark->writes = false;
}

void in_use_end(struct in_use *in_use, struct in_use_mark *mark)
{
    in_use_end_write(in_use, mark);
    if (mark->reads)
        atomic_fetch_sub(&in_use->readers[mark->source], 1);
    mark->reads = false;
}
