/* unfinished.c: the list of files that are being made or written. See unfinished.h. */
#define _GNU_SOURCE
#include "unfinished.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

#include "musl.h"
#include "retry.h"

/* Held for reading while a file is created or completed. A crowd cannot keep a remover out: while
 * `ending` is set, no thread takes this lock twice. */
static pthread_rwlock_t creating = PTHREAD_RWLOCK_INITIALIZER;
/* Held for reading while a backup is made. Within that, `creating` may be taken, and not given up
 * any more: so a remover waits for this one for a limited time. */
static pthread_rwlock_t moving = PTHREAD_RWLOCK_INITIALIZER;
/* protects the variables below */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static LIST_HEAD(, unfinished) unfinished_files = LIST_HEAD_INITIALIZER(unfinished_files);
static LIST_HEAD(, unfinished_backup) backups = LIST_HEAD_INITIALIZER(backups);
static unsigned claimed; /* files in the list that were there before */
static bool ending;

enum { ASIDE_BYTES = 32, MOVING_NS = 200000000, SECOND_NS = 1000000000 };

/* Makes a name that nothing has. */
static bool name_aside(char name[ASIDE_BYTES])
{
    uint64_t random;

    if (getrandom(&random, sizeof(random), GRND_NONBLOCK) != sizeof(random))
        return false;
    snprintf(name, ASIDE_BYTES, ".acp-%016" PRIx64, random);
    return true;
}

static void __attribute__((noreturn)) wait_for_the_end(void)
{
    for (;;)
        pause();
}

/* The functions down to is_listed are called with the lock held. */

static void add(struct unfinished *file)
{
    assert(!file->listed);
    LIST_INSERT_HEAD(&unfinished_files, file, entry);
    file->listed = true;
}

static bool identify(struct unfinished *file)
{
    struct stat st;

    if (!file->identified && file->fd >= 0 && fstat(file->fd, &st) == 0) {
        file->dev = st.st_dev;
        file->ino = st.st_ino;
        file->identified = true;
    }
    return file->identified;
}

static bool is_listed(dev_t dev, ino_t ino)
{
    struct unfinished *file;

    LIST_FOREACH (file, &unfinished_files, entry)
        if (identify(file) && file->dev == dev && file->ino == ino)
            return true;
    return false;
}

/* Tells whether the name still leads to this file, and only this process has written to it. A file
 * whose descriptor could not tell its inode is known by its owner and size alone. */
static bool is_ours(const struct unfinished *file, const char *name)
{
    struct stat st;

    if (fstatat(file->dir_fd, name, &st, AT_SYMLINK_NOFOLLOW) < 0 || !S_ISREG(st.st_mode))
        return false;
    if (file->identified && (st.st_dev != file->dev || st.st_ino != file->ino))
        return false;
    return (uint64_t)st.st_size <= atomic_load_explicit(&file->extent, memory_order_relaxed);
}

/* Removes the file's name if it is ours. Another process may put its own complete file there
 * between a look and the removal. So the name is moved aside first, and moved back if it was not
 * ours. */
static void remove_ours(struct unfinished *file)
{
    char aside[ASIDE_BYTES];

    (void)identify(file);
    if (!is_ours(file, file->name))
        return;
    if (!name_aside(aside) ||
        renameat2(file->dir_fd, file->name, file->dir_fd, aside, RENAME_NOREPLACE) < 0) {
        (void)unlinkat(file->dir_fd, file->name, 0); /* the filesystem cannot */
        return;
    }
    if (is_ours(file, aside) ||
        (renameat2(file->dir_fd, aside, file->dir_fd, file->name, RENAME_NOREPLACE) < 0 &&
         errno == EEXIST)) /* what has got the name meanwhile is younger */
        (void)unlinkat(file->dir_fd, aside, 0);
}

static bool is_ending(void)
{
    bool end;

    pthread_mutex_lock(&lock);
    end = ending;
    pthread_mutex_unlock(&lock);
    return end;
}

void unfinished_may_begin(void)
{
    if (is_ending())
        wait_for_the_end();
}

void unfinished_begin(void)
{
    pthread_rwlock_rdlock(&creating);
}

bool unfinished_created(struct unfinished *file, int dir_fd, const char *name, int fd)
{
    bool end, alone = true;

    assert(!file->listed);
    *file = (struct unfinished){.dir_fd = dir_fd, .name = name, .fd = fd};
    pthread_mutex_lock(&lock);
    end = ending;
    if (name && !end) {
        /* between its creation and now another thread may have found it and claimed it */
        alone = claimed == 0 || !identify(file) || !is_listed(file->dev, file->ino);
        if (alone)
            add(file);
    }
    /* another process may have put its own complete file there */
    if (end && name && fd < 0)
        (void)unlinkat(dir_fd, name, 0);
    else if (end && name)
        remove_ours(file);
    pthread_mutex_unlock(&lock);
    pthread_rwlock_unlock(&creating);
    if (end)
        wait_for_the_end();
    return alone;
}

/* Waits until what other threads are creating now is in the list. */
static void wait_for_creators(void)
{
    pthread_rwlock_wrlock(&creating);
    pthread_rwlock_unlock(&creating);
}

bool unfinished_claim(struct unfinished *file, int fd, const struct stat *st)
{
    bool end, alone = false;

    assert(!file->listed && fd >= 0);
    if (st->st_size == 0) /* another thread may just have created it */
        wait_for_creators();
    *file = (struct unfinished){.fd = fd, .identified = true, .dev = st->st_dev, .ino = st->st_ino};
    pthread_mutex_lock(&lock);
    end = ending;
    if (!end) {
        alone = !is_listed(st->st_dev, st->st_ino);
        if (alone) {
            add(file);
            claimed++;
        }
    }
    pthread_mutex_unlock(&lock);
    if (end)
        wait_for_the_end();
    return alone;
}

void unfinished_extend(struct unfinished *file, uint64_t end)
{
    if (end > atomic_load_explicit(&file->extent, memory_order_relaxed))
        atomic_store_explicit(&file->extent, end, memory_order_relaxed);
}

void unfinished_unlink(struct unfinished *file)
{
    if (!file->listed || !file->name)
        return;
    pthread_mutex_lock(&lock);
    if (!ending)
        remove_ours(file);
    pthread_mutex_unlock(&lock);
}

void unfinished_completing(struct unfinished *file)
{
    bool end;

    if (!file->listed)
        return;
    pthread_rwlock_rdlock(&creating);
    pthread_mutex_lock(&lock);
    end = ending;
    file->completed = !end;
    pthread_mutex_unlock(&lock);
    if (!end)
        return;
    pthread_rwlock_unlock(&creating);
    wait_for_the_end();
}

void unfinished_completed(struct unfinished *file)
{
    if (file->listed)
        pthread_rwlock_unlock(&creating);
}

void unfinished_closing(struct unfinished *file)
{
    if (!file->listed)
        return;
    pthread_mutex_lock(&lock);
    assert(!file->closing);
    file->fd = -1;
    file->closing = true;
    pthread_mutex_unlock(&lock);
}

void unfinished_end(struct unfinished *file)
{
    bool end;

    if (!file->listed)
        return;
    pthread_mutex_lock(&lock);
    end = ending;
    if (!end) {
        LIST_REMOVE(file, entry);
        file->listed = false;
        assert(file->name || claimed > 0);
        claimed -= !file->name;
    }
    pthread_mutex_unlock(&lock);
    if (end)
        wait_for_the_end();
}

static void put_back(const struct unfinished_backup *made)
{
    int dir_fd = made->dir_fd;
    struct stat at;

    if (renameat2(dir_fd, made->backup, dir_fd, made->name, RENAME_NOREPLACE) < 0 &&
        (errno == EINVAL || errno == ENOSYS) && /* the filesystem cannot */
        fstatat(dir_fd, made->name, &at, AT_SYMLINK_NOFOLLOW) < 0 && errno == ENOENT)
        (void)renameat(dir_fd, made->backup, dir_fd, made->name);
}

void unfinished_backup_begin(void)
{
    pthread_rwlock_rdlock(&moving);
    if (is_ending()) {
        pthread_rwlock_unlock(&moving);
        wait_for_the_end();
    }
}

void unfinished_backup_made(struct unfinished_backup *made, int dir_fd, const char *name,
                            const char *backup)
{
    bool end;

    assert(!made->listed);
    *made = (struct unfinished_backup){.dir_fd = dir_fd, .name = name, .backup = backup};
    pthread_mutex_lock(&lock);
    end = ending;
    if (end && backup) {
        put_back(made);
    } else if (backup) {
        LIST_INSERT_HEAD(&backups, made, entry);
        made->listed = true;
    }
    pthread_mutex_unlock(&lock);
    pthread_rwlock_unlock(&moving);
    if (end)
        wait_for_the_end();
}

void unfinished_backup_end(struct unfinished_backup *made)
{
    bool end;

    if (!made->listed)
        return;
    pthread_mutex_lock(&lock);
    end = ending;
    if (!end) {
        LIST_REMOVE(made, entry);
        made->listed = false;
    }
    pthread_mutex_unlock(&lock);
    if (end)
        wait_for_the_end();
}

static void wait_for_movers(void)
{
    struct timespec end;

    clock_gettime(CLOCK_REALTIME, &end);
    end.tv_nsec += MOVING_NS;
    end.tv_sec += end.tv_nsec / SECOND_NS;
    end.tv_nsec %= SECOND_NS;
    (void)pthread_rwlock_timedwrlock(&moving, &end);
}

unsigned unfinished_remove(void)
{
    struct unfinished_backup *made;
    struct unfinished *file;
    unsigned incomplete = 0;

    pthread_mutex_lock(&lock);
    ending = true;
    LIST_FOREACH (file, &unfinished_files, entry) {
        if (file->closing || file->completed)
            continue;
        if (!file->name)
            incomplete++;
        else
            remove_ours(file);
    }
    pthread_mutex_unlock(&lock);
    /* what is being created now its creator removes, what is being completed now is completed; the
     * lock is not given up again */
    pthread_rwlock_wrlock(&creating);
    wait_for_movers();
    pthread_mutex_lock(&lock);
    LIST_FOREACH (made, &backups, entry)
        put_back(made);
    pthread_mutex_unlock(&lock);
    return incomplete;
}
