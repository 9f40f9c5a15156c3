/* prefetch.c: a few threads that open and list directories, and look up names in them and beside
 * them, only to have them cached. See prefetch.h.
 *
 * One directory after the other, a cold walk waits for each one's inode and blocks, and readers
 * that are faster starve: of 2.3 s that hashing 5,152 cold directories with 78,579 files took, the
 * walk took all. io_uring cannot list directories, so this is what threads are for. */
#define _GNU_SOURCE
#include "prefetch.h"

#include <assert.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../base/preload.h"
#include "../base/thread.h"
#include "../base/retry.h"

enum {
    PREFETCH_THREADS = 8,
    REQUESTS_MAX = 1024,
    LIST_BYTES = 32 * 1024,
    LIST_CALLS = 16, /* of a directory: the rest of a huge one will not stay cached for long */
    MISSING_MAX = 8, /* names beside, more than are there: it is likely to be a new directory */
};

struct request {
    struct dir *dir;
    char *name;
};

struct prefetch {
    pthread_mutex_t lock;
    pthread_cond_t requested;
    pthread_cond_t idle; /* no thread lists a directory */
    bool end;
    bool hold;        /* no request is taken */
    unsigned listing; /* threads that list a directory */
    unsigned threads;
    unsigned dirs_max;
    const struct scope *scope;
    pthread_t thread[PREFETCH_THREADS];
    /* taken newest first, since a walk is depth-first */
    uint64_t newest, count;
    struct request request[REQUESTS_MAX];
};

static void forget(struct request *request)
{
    dir_put(request->dir);
    free(request->name);
}

/* Takes the newest request. Called with the lock held. */
static struct request take(struct prefetch *prefetch)
{
    struct request *slot = &prefetch->request[prefetch->newest % REQUESTS_MAX], request = *slot;

    assert(prefetch->count > 0 && prefetch->newest >= prefetch->count && request.dir);
    *slot = (struct request){0};
    prefetch->newest--;
    prefetch->count--;
    return request;
}

/* Tells whether the walk will go into what a directory's entry says. */
static bool in_scope(const struct scope *scope, const struct dir *dir, const struct dirent *dirent)
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

/* Opens what has dir's path below scope->beside_fd. Returns -1 if nothing is there. */
static int open_beside(const struct scope *scope, const struct dir *dir)
{
    char path[PATH_MAX];
    const char *below = path + scope->root_len;

    if (scope->beside_fd < 0 || dir->path_len >= sizeof(path))
        return -1;
    dir_path_copy(dir, path);
    while (*below == '/')
        below++;
    return openat(scope->beside_fd, below, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

/* A directory being listed, and the one beside it. */
struct pair {
    int fd, beside_fd; /* beside_fd: -1: nothing to look up */
    int missing;       /* beside: names that are missing, less those that are there */
};

static void look_up(struct pair *pair, const char *name)
{
    struct stat st;

    (void)fstatat(pair->fd, name, &st, AT_SYMLINK_NOFOLLOW);
    if (pair->beside_fd < 0)
        return;
    pair->missing += fstatat(pair->beside_fd, name, &st, AT_SYMLINK_NOFOLLOW) < 0 ? 1 : -1;
    if (pair->missing == MISSING_MAX) {
        close(pair->beside_fd);
        pair->beside_fd = -1;
    }
}

static void list_directory(struct prefetch *prefetch, const struct request *request, char *buf)
{
    const struct scope *scope = prefetch->scope;
    int fd = openat(request->dir->fd, request->name,
                    O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    struct dir *dir = fd < 0 ? NULL : dir_new(request->dir, request->name, fd);
    struct pair pair = {.fd = fd};
    ssize_t got;

    if (!dir) {
        if (fd >= 0)
            close(fd);
        return; /* the walk will find out, and say so */
    }
    if (!on_device(scope, fd)) {
        dir_put(dir);
        return;
    }
    pair.beside_fd = open_beside(scope, dir);
    for (int i = 0; i < LIST_CALLS && (got = getdents64(fd, buf, LIST_BYTES)) > 0; i++) {
        for (ssize_t at = 0; at < got;) {
            const struct dirent *dirent = (const struct dirent *)(buf + at);
            at += dirent->d_reclen;
            if (in_scope(scope, dir, dirent))
                prefetch_request(prefetch, dir, dirent->d_name);
            else if (scope->names)
                look_up(&pair, dirent->d_name);
        }
    }
    if (pair.beside_fd >= 0)
        close(pair.beside_fd);
    dir_put(dir);
}

static void *prefetch_main(void *arg)
{
    struct prefetch *prefetch = arg;
    char buf[LIST_BYTES] __attribute__((aligned(8)));

    preload_thread_begins();
    pthread_mutex_lock(&prefetch->lock);
    for (;;) {
        struct request request;
        while ((prefetch->count == 0 || prefetch->hold) && !prefetch->end)
            pthread_cond_wait(&prefetch->requested, &prefetch->lock);
        if (prefetch->end)
            break;
        request = take(prefetch);
        prefetch->listing++;
        assert(prefetch->listing <= PREFETCH_THREADS);
        pthread_mutex_unlock(&prefetch->lock);
        if (dir_open_count() < prefetch->dirs_max / 2)
            list_directory(prefetch, &request, buf);
        forget(&request);
        pthread_mutex_lock(&prefetch->lock);
        if (--prefetch->listing == 0)
            pthread_cond_signal(&prefetch->idle);
    }
    pthread_mutex_unlock(&prefetch->lock);
    return NULL;
}

struct prefetch *prefetch_new(unsigned dirs_max, const struct scope *scope)
{
    struct prefetch *prefetch = calloc(1, sizeof(*prefetch));

    if (!prefetch)
        return NULL;
    prefetch->dirs_max = dirs_max;
    prefetch->scope = scope;
    prefetch->newest = REQUESTS_MAX; /* never wraps below zero */
    pthread_mutex_init(&prefetch->lock, NULL);
    pthread_cond_init(&prefetch->requested, NULL);
    pthread_cond_init(&prefetch->idle, NULL);
    while (prefetch->threads < PREFETCH_THREADS &&
           thread_start(&prefetch->thread[prefetch->threads], prefetch_main, prefetch) == 0)
        prefetch->threads++;
    if (prefetch->threads == 0) {
        prefetch_free(prefetch);
        return NULL;
    }
    return prefetch;
}

void prefetch_request(struct prefetch *prefetch, struct dir *dir, const char *name)
{
    struct request request = {dir_get(dir), strdup(name)};
    struct request dropped, *slot;

    if (!request.name) {
        forget(&request);
        return;
    }
    pthread_mutex_lock(&prefetch->lock);
    slot = &prefetch->request[++prefetch->newest % REQUESTS_MAX];
    dropped = *slot; /* the oldest, if all slots are in use */
    assert(!dropped.dir == (prefetch->count < REQUESTS_MAX));
    if (!dropped.dir)
        prefetch->count++;
    *slot = request;
    pthread_cond_signal(&prefetch->requested);
    pthread_mutex_unlock(&prefetch->lock);
    forget(&dropped);
}

void prefetch_forget(struct prefetch *prefetch)
{
    pthread_mutex_lock(&prefetch->lock);
    prefetch->hold = true;
    while (prefetch->listing > 0) /* and requesting */
        pthread_cond_wait(&prefetch->idle, &prefetch->lock);
    while (prefetch->count > 0) {
        struct request request = take(prefetch);
        forget(&request);
    }
    prefetch->hold = false;
    pthread_mutex_unlock(&prefetch->lock);
}

void prefetch_free(struct prefetch *prefetch)
{
    if (!prefetch)
        return;
    pthread_mutex_lock(&prefetch->lock);
    prefetch->end = true;
    pthread_cond_broadcast(&prefetch->requested);
    pthread_mutex_unlock(&prefetch->lock);
    for (unsigned i = 0; i < prefetch->threads; i++)
        pthread_join(prefetch->thread[i], NULL);
    prefetch_forget(prefetch);
    assert(prefetch->listing == 0 && prefetch->count == 0);
    pthread_cond_destroy(&prefetch->idle);
    pthread_cond_destroy(&prefetch->requested);
    pthread_mutex_destroy(&prefetch->lock);
    free(prefetch);
}
