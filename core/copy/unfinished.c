/* unfinished.c: the list of files that are being made. See unfinished.h. */
#define _GNU_SOURCE
#include "unfinished.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdbool.h>
#include <unistd.h>

/* Held for reading while a file is created. Who removes must not be kept out by a crowd. */
static pthread_rwlock_t creating = PTHREAD_RWLOCK_WRITER_NONRECURSIVE_INITIALIZER_NP;
/* Of what follows. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct unfinished *first;
static bool ending;

static void __attribute__((noreturn)) wait_for_the_end(void)
{
    for (;;)
        pause();
}

void unfinished_begin(void)
{
    pthread_rwlock_rdlock(&creating);
}

void unfinished_created(struct unfinished *file, int dir_fd, const char *name)
{
    bool end;

    *file = (struct unfinished){.dir_fd = dir_fd, .name = name};
    pthread_mutex_lock(&lock);
    end = ending;
    if (name && !end) {
        file->next = first;
        file->at = &first;
        if (first)
            first->at = &file->next;
        first = file;
    }
    pthread_mutex_unlock(&lock);
    if (end && name)
        (void)unlinkat(dir_fd, name, 0);
    pthread_rwlock_unlock(&creating);
    if (end)
        wait_for_the_end();
}

void unfinished_end(struct unfinished *file)
{
    bool end;

    if (!file->name)
        return;
    pthread_mutex_lock(&lock);
    end = ending;
    if (!end) {
        *file->at = file->next;
        if (file->next)
            file->next->at = file->at;
        file->name = NULL;
    }
    pthread_mutex_unlock(&lock);
    if (end)
        wait_for_the_end();
}

void unfinished_remove(void)
{
    pthread_mutex_lock(&lock);
    ending = true;
    for (const struct unfinished *file = first; file; file = file->next)
        (void)unlinkat(file->dir_fd, file->name, 0);
    pthread_mutex_unlock(&lock);
    /* what is being created now its creator removes; it is not given up again */
    pthread_rwlock_wrlock(&creating);
}
