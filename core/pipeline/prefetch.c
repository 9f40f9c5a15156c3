/* prefetch.c: a few threads that open and list directories for nothing but the cache's sake. See
 * prefetch.h.
 *
 * One directory after the other, a cold walk waits for each one's inode and blocks, and readers
 * that are faster starve: of 2.3 s that hashing 5,152 cold directories with 78,579 files took, the
 * walk took all. io_uring cannot list directories, so this is what threads are for. */
#define _GNU_SOURCE
#include "prefetch.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    SCOUT_THREADS = 8,
    WISHES_MAX = 1024,
    STACK_BYTES = 128 * 1024,
    LIST_BYTES = 32 * 1024,
    LIST_CALLS =
        16, /* of a directory: the rest of a huge one will not stay cached for long anyway */
};

struct wish {
    struct dir *dir;
    char *name;
};

struct scouts {
    pthread_mutex_t lock;
    pthread_cond_t wished;
    pthread_cond_t looked; /* nobody is looking any more */
    bool end;
    bool hold;        /* wishes are not fulfilled now */
    unsigned looking; /* threads that are fulfilling one */
    unsigned threads;
    unsigned dirs_max;
    const struct scope *scope;
    pthread_t thread[SCOUT_THREADS];
    /* the newest first: a walk goes deep before it goes on */
    uint64_t newest, count;
    struct wish wish[WISHES_MAX];
};

static void forget(struct wish *wish)
{
    dir_put(wish->dir);
    free(wish->name);
}

/* Whether the walk will go into what a directory's entry says. */
static bool in_scope(const struct scope *scope, const struct dir *dir,
                     const struct dirent64 *dirent)
{
    return dirent->d_type == DT_DIR && strcmp(dirent->d_name, ".") != 0 &&
           strcmp(dirent->d_name, "..") != 0 &&
           exclude_match(scope->exclude, dir, scope->root_len, dirent->d_name, true) == 0;
}

static bool on_device(const struct scope *scope, int fd)
{
    struct stat st;

    return !scope->one_device || (fstat(fd, &st) == 0 && st.st_dev == scope->dev);
}

static void look(struct scouts *scouts, const struct wish *wish, char *buf)
{
    int fd = openat(wish->dir->fd, wish->name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    struct dir *dir = fd < 0 ? NULL : dir_new(wish->dir, wish->name, fd);
    ssize_t got;

    if (!dir) {
        if (fd >= 0)
            close(fd);
        return; /* the walk will find out, and say so */
    }
    if (!on_device(scouts->scope, fd)) {
        dir_put(dir);
        return;
    }
    for (int i = 0; i < LIST_CALLS && (got = getdents64(fd, buf, LIST_BYTES)) > 0; i++) {
        for (ssize_t at = 0; at < got;) {
            const struct dirent64 *dirent = (const struct dirent64 *)(buf + at);
            at += dirent->d_reclen;
            if (in_scope(scouts->scope, dir, dirent))
                scouts_visit(scouts, dir, dirent->d_name);
        }
    }
    dir_put(dir);
}

static void *scout_main(void *arg)
{
    struct scouts *scouts = arg;
    char buf[LIST_BYTES] __attribute__((aligned(8)));

    pthread_mutex_lock(&scouts->lock);
    for (;;) {
        struct wish wish;
        while ((scouts->count == 0 || scouts->hold) && !scouts->end)
            pthread_cond_wait(&scouts->wished, &scouts->lock);
        if (scouts->end)
            break;
        wish = scouts->wish[scouts->newest-- % WISHES_MAX];
        scouts->count--;
        scouts->looking++;
        pthread_mutex_unlock(&scouts->lock);
        if (dir_open_count() < scouts->dirs_max / 2)
            look(scouts, &wish, buf);
        forget(&wish);
        pthread_mutex_lock(&scouts->lock);
        if (--scouts->looking == 0)
            pthread_cond_signal(&scouts->looked);
    }
    pthread_mutex_unlock(&scouts->lock);
    return NULL;
}

struct scouts *scouts_new(unsigned dirs_max, const struct scope *scope)
{
    struct scouts *scouts = calloc(1, sizeof(*scouts));
    pthread_attr_t attr;

    if (!scouts)
        return NULL;
    scouts->dirs_max = dirs_max;
    scouts->scope = scope;
    scouts->newest = WISHES_MAX; /* never wraps below zero */
    pthread_mutex_init(&scouts->lock, NULL);
    pthread_cond_init(&scouts->wished, NULL);
    pthread_cond_init(&scouts->looked, NULL);
    pthread_attr_init(&attr);
    pthread_attr_setstacksize(&attr, STACK_BYTES);
    while (scouts->threads < SCOUT_THREADS &&
           pthread_create(&scouts->thread[scouts->threads], &attr, scout_main, scouts) == 0)
        scouts->threads++;
    pthread_attr_destroy(&attr);
    if (scouts->threads == 0) {
        scouts_free(scouts);
        return NULL;
    }
    return scouts;
}

void scouts_visit(struct scouts *scouts, struct dir *dir, const char *name)
{
    struct wish wish = {dir_get(dir), strdup(name)};
    struct wish dropped = {0};

    if (!wish.name) {
        forget(&wish);
        return;
    }
    pthread_mutex_lock(&scouts->lock);
    if (scouts->count == WISHES_MAX)
        dropped = scouts->wish[(scouts->newest + 1) % WISHES_MAX];
    else
        scouts->count++;
    scouts->wish[++scouts->newest % WISHES_MAX] = wish;
    pthread_cond_signal(&scouts->wished);
    pthread_mutex_unlock(&scouts->lock);
    forget(&dropped);
}

void scouts_forget(struct scouts *scouts)
{
    pthread_mutex_lock(&scouts->lock);
    scouts->hold = true;
    while (scouts->looking > 0) /* and wishing */
        pthread_cond_wait(&scouts->looked, &scouts->lock);
    for (; scouts->count > 0; scouts->count--)
        forget(&scouts->wish[scouts->newest-- % WISHES_MAX]);
    scouts->hold = false;
    pthread_mutex_unlock(&scouts->lock);
}

void scouts_free(struct scouts *scouts)
{
    if (!scouts)
        return;
    pthread_mutex_lock(&scouts->lock);
    scouts->end = true;
    pthread_cond_broadcast(&scouts->wished);
    pthread_mutex_unlock(&scouts->lock);
    for (unsigned i = 0; i < scouts->threads; i++)
        pthread_join(scouts->thread[i], NULL);
    scouts_forget(scouts);
    pthread_cond_destroy(&scouts->looked);
    pthread_cond_destroy(&scouts->wished);
    pthread_mutex_destroy(&scouts->lock);
    free(scouts);
}
