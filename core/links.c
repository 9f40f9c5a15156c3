/* links.c: a hash table of inodes and the names that their copies have. See links.h. */
#define _GNU_SOURCE
#include "links.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

enum {
    BUCKETS = 4096,
};

struct link {
    struct link *next;
    dev_t dev;
    ino_t ino;
    bool claimed; /* being copied, or copied */
    bool copied;
    struct dir *to; /* owned reference */
    char *to_name;
};

struct links {
    pthread_mutex_t lock;
    pthread_cond_t settled;
    struct link *bucket[BUCKETS];
};

struct links *links_new(void)
{
    struct links *links = calloc(1, sizeof(*links));

    if (links) {
        pthread_mutex_init(&links->lock, NULL);
        pthread_cond_init(&links->settled, NULL);
    }
    return links;
}

void links_free(struct links *links)
{
    if (!links)
        return;
    for (int i = 0; i < BUCKETS; i++) {
        while (links->bucket[i]) {
            struct link *link = links->bucket[i];
            links->bucket[i] = link->next;
            dir_put(link->to);
            free(link->to_name);
            free(link);
        }
    }
    pthread_cond_destroy(&links->settled);
    pthread_mutex_destroy(&links->lock);
    free(links);
}

static struct link *find(struct links *links, const struct stat *st)
{
    struct link *link = links->bucket[(st->st_ino ^ st->st_dev) % BUCKETS];

    while (link && (link->ino != st->st_ino || link->dev != st->st_dev))
        link = link->next;
    return link;
}

static struct link *add(struct links *links, const struct stat *st)
{
    struct link **bucket = &links->bucket[(st->st_ino ^ st->st_dev) % BUCKETS];
    struct link *link = calloc(1, sizeof(*link));

    if (link) {
        link->dev = st->st_dev;
        link->ino = st->st_ino;
        link->next = *bucket;
        *bucket = link;
    }
    return link;
}

static int claim(struct link *link, struct dir *to, const char *to_name)
{
    char *name = strdup(to_name);

    if (!name)
        return -ENOMEM;
    dir_put(link->to);
    free(link->to_name);
    link->to = dir_get(to);
    link->to_name = name;
    link->claimed = true;
    return LINK_FIRST;
}

int links_claim(struct links *links, const struct stat *st, struct dir *to, const char *to_name,
                bool wait, struct dir **made_in, const char **made_as)
{
    struct link *link;
    int rc;

    pthread_mutex_lock(&links->lock);
    link = find(links, st);
    if (!link)
        link = add(links, st);
    while (link && link->claimed && !link->copied && wait)
        pthread_cond_wait(&links->settled, &links->lock);
    if (!link) {
        rc = -ENOMEM;
    } else if (!link->claimed) {
        rc = claim(link, to, to_name);
    } else if (link->copied) {
        *made_in = link->to;
        *made_as = link->to_name;
        rc = LINK_READY;
    } else {
        rc = LINK_BUSY;
    }
    pthread_mutex_unlock(&links->lock);
    return rc;
}

void links_settle(struct links *links, const struct stat *st, bool copied)
{
    struct link *link;

    pthread_mutex_lock(&links->lock);
    link = find(links, st);
    link->claimed = copied;
    link->copied = copied;
    pthread_cond_broadcast(&links->settled);
    pthread_mutex_unlock(&links->lock);
}
