/* hard_links.c: a hash table of inodes and the names that their copies have. See hard_links.h. */
#define _GNU_SOURCE
#include "hard_links.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <unistd.h>

#include "entry.h"
#include "../base/temp.h"
#include "../base/retry.h"

enum {
    BUCKETS = 4096,
};

struct hard_link {
    SLIST_ENTRY(hard_link) entry;
    dev_t dev;
    ino_t ino;
    bool claimed;            /* being copied, or copied */
    struct link_target made; /* path: NULL until there is a copy; owned */
    bool digested;
    uint8_t digest[DIGEST_BYTES_MAX];
};

struct hard_links {
    pthread_mutex_t lock;
    pthread_cond_t resolved;
    SLIST_HEAD(, hard_link) bucket[BUCKETS];
};

struct hard_links *hard_links_new(void)
{
    struct hard_links *links = calloc(1, sizeof(*links));

    if (links) {
        pthread_mutex_init(&links->lock, NULL);
        pthread_cond_init(&links->resolved, NULL);
    }
    return links;
}

void hard_links_free(struct hard_links *links)
{
    if (!links)
        return;
    for (int i = 0; i < BUCKETS; i++) {
        while (!SLIST_EMPTY(&links->bucket[i])) {
            struct hard_link *link = SLIST_FIRST(&links->bucket[i]);
            SLIST_REMOVE_HEAD(&links->bucket[i], entry);
            free((char *)link->made.path);
            free(link);
        }
    }
    pthread_cond_destroy(&links->resolved);
    pthread_mutex_destroy(&links->lock);
    free(links);
}

static struct hard_link *find(struct hard_links *links, const struct stat *st)
{
    struct hard_link *link;

    SLIST_FOREACH (link, &links->bucket[(st->st_ino ^ st->st_dev) % BUCKETS], entry)
        if (link->ino == st->st_ino && link->dev == st->st_dev)
            break;
    return link;
}

static struct hard_link *add(struct hard_links *links, const struct stat *st)
{
    struct hard_link *link = calloc(1, sizeof(*link));

    if (link) {
        link->dev = st->st_dev;
        link->ino = st->st_ino;
        SLIST_INSERT_HEAD(&links->bucket[(st->st_ino ^ st->st_dev) % BUCKETS], link, entry);
    }
    return link;
}

int hard_links_claim(struct hard_links *links, const struct stat *st, bool wait,
                     struct link_target *made)
{
    struct hard_link *link;
    int rc;

    pthread_mutex_lock(&links->lock);
    link = find(links, st);
    if (!link)
        link = add(links, st);
    while (link && link->claimed && !link->made.path && wait)
        pthread_cond_wait(&links->resolved, &links->lock);
    if (!link) {
        rc = -ENOMEM;
    } else if (!link->claimed) {
        link->claimed = true;
        rc = LINK_FIRST;
    } else if (link->made.path) {
        *made = link->made;
        rc = LINK_READY;
    } else {
        rc = LINK_BUSY;
    }
    pthread_mutex_unlock(&links->lock);
    return rc;
}

void hard_links_resolve(struct hard_links *links, const struct stat *st, char *path,
                        const struct stat *made, bool created)
{
    struct hard_link *link;

    pthread_mutex_lock(&links->lock);
    link = find(links, st);
    /* claimed once, and resolved once, by the same owner */
    assert(link && link->claimed && !link->made.path && (made || !path));
    link->claimed = path != NULL;
    link->made = (struct link_target){path, path ? made->st_dev : 0, path ? made->st_ino : 0,
                                      created};
    pthread_cond_broadcast(&links->resolved);
    pthread_mutex_unlock(&links->lock);
}

bool hard_links_made(struct hard_links *links, const struct stat *st, struct link_target *made)
{
    struct hard_link *link;
    bool ready;

    pthread_mutex_lock(&links->lock);
    link = find(links, st);
    ready = link && link->made.path;
    if (ready)
        *made = link->made;
    pthread_mutex_unlock(&links->lock);
    return ready;
}

struct hard_link *hard_links_find(struct hard_links *links, const struct stat *st)
{
    struct hard_link *link;

    pthread_mutex_lock(&links->lock);
    link = find(links, st);
    pthread_mutex_unlock(&links->lock);
    return link;
}

bool hard_link_digest(struct hard_link *link, const uint8_t *digest, size_t len)
{
    assert(len <= sizeof(link->digest));
    if (link->digested)
        return memcmp(link->digest, digest, len) == 0;
    memcpy(link->digest, digest, len);
    link->digested = true;
    return true;
}

bool hard_links_is_target(const struct stat *st, const struct link_target *made)
{
    return st->st_dev == made->dev && st->st_ino == made->ino;
}

/* The same by the copy's name, for a kernel that wants more than a descriptor if there is no /proc.
 * The result is looked at afterwards. */
static int add_by_name(const struct link_target *made, bool follow, int dir_fd, const char *name)
{
    int parent = entry_open_parent(made->path), rc;
    struct stat at;

    if (parent < 0)
        return -1;
    rc = linkat(parent, entry_base(made->path), dir_fd, name, follow ? AT_SYMLINK_FOLLOW : 0);
    close(parent);
    if (rc < 0 ||
        (fstatat(dir_fd, name, &at, AT_SYMLINK_NOFOLLOW) == 0 && hard_links_is_target(&at, made)))
        return rc;
    (void)unlinkat(dir_fd, name, 0);
    errno = ESTALE;
    return -1;
}

int hard_links_add(const struct link_target *made, bool follow, int dir_fd, const char *name)
{
    int fd = path_open(made->path, O_PATH | O_CLOEXEC | (follow ? 0 : O_NOFOLLOW));
    struct stat at;
    int rc;

    if (fd < 0)
        return -1;
    /* it was made moments ago: another file under its name is someone's intrusion */
    rc = fstat(fd, &at) == 0 && hard_links_is_target(&at, made) ? temp_link(fd, dir_fd, name)
                                                                : -ESTALE;
    close(fd);
    if (rc == -ENOENT)
        return add_by_name(made, follow, dir_fd, name);
    errno = -rc;
    return rc < 0 ? -1 : 0;
}
