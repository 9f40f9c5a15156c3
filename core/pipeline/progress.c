/* progress.c: live counters of a run. See progress.h. */
#define _GNU_SOURCE
#include "progress.h"

#include <assert.h>
#include <dirent.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "file.h"

struct progress {
    atomic_uint_fast64_t files, files_taken, files_known, files_counted;
    atomic_uint_fast64_t files_skipped, files_failed;
    atomic_uint_fast64_t bytes, bytes_known, bytes_counted, bytes_skipped;
    atomic_bool all_known, counting, all_counted;
    _Atomic(const char *) outside;
    pthread_mutex_t lock; /* for the two below */
    struct feed *feed;    /* that runs now, or NULL */
    char *(*oldest)(struct feed *feed);
};

struct progress *progress_new(void)
{
    struct progress *progress = calloc(1, sizeof(*progress));

    if (progress)
        pthread_mutex_init(&progress->lock, NULL);
    return progress;
}

void progress_free(struct progress *progress)
{
    if (!progress)
        return;
    assert(!progress->feed);
    pthread_mutex_destroy(&progress->lock);
    free(progress);
}

static void add(atomic_uint_fast64_t *counter, uint64_t n)
{
    atomic_fetch_add_explicit(counter, n, memory_order_relaxed);
}

void progress_bytes(struct progress *progress, uint64_t bytes)
{
    if (progress)
        add(&progress->bytes, bytes);
}

void progress_size(struct progress *progress, struct file *file, uint64_t bytes)
{
    if (!progress)
        return;
    add(&progress->bytes_known, bytes - file->size_counted);
    file->size_counted = bytes;
}

void progress_outside(struct progress *progress, const char *name)
{
    if (progress)
        atomic_store(&progress->outside, name);
}

void progress_attach(struct progress *progress, struct feed *feed,
                     char *(*oldest)(struct feed *feed))
{
    if (!progress)
        return;
    atomic_store(&progress->all_known, false);
    pthread_mutex_lock(&progress->lock);
    assert(!progress->feed);
    progress->feed = feed;
    progress->oldest = oldest;
    pthread_mutex_unlock(&progress->lock);
}

void progress_detach(struct progress *progress)
{
    if (!progress)
        return;
    pthread_mutex_lock(&progress->lock);
    progress->feed = NULL;
    pthread_mutex_unlock(&progress->lock);
}

/* Something that is in the feed only to be told of in its place, such as a directory. */
static bool is_told_only(const struct file *file)
{
    return (file->type == DT_DIR || file->told_only) && file->status == 0;
}

void progress_found(struct progress *progress, const struct file *file)
{
    if (progress && !is_told_only(file))
        add(&progress->files_known, 1);
}

void progress_taken(struct progress *progress, const struct file *file)
{
    if (progress && !is_told_only(file))
        add(&progress->files_taken, 1);
}

void progress_done(struct progress *progress, const struct file *file)
{
    uint64_t skipped = file->size_skipped;

    if (!progress || is_told_only(file))
        return;
    add(&progress->files, 1);
    add(&progress->files_skipped, file->skipped);
    add(&progress->files_failed, file->status < 0);
    /* its size was a hint, and what failed or was cloned delivers less */
    add(&progress->bytes_known, file->bytes - file->size_counted);
    if (file->size_counted > file->bytes)
        skipped += file->size_counted - file->bytes;
    add(&progress->bytes_skipped, skipped);
}

void progress_count_begin(struct progress *progress)
{
    atomic_store(&progress->counting, true);
}

void progress_counted(struct progress *progress, uint64_t bytes)
{
    add(&progress->files_counted, 1);
    add(&progress->bytes_counted, bytes);
}

void progress_count_complete(struct progress *progress)
{
    atomic_store(&progress->all_counted, true);
}

void progress_all_known(struct progress *progress)
{
    if (progress)
        atomic_store(&progress->all_known, true);
}

static uint64_t get(atomic_uint_fast64_t *counter)
{
    return atomic_load_explicit(counter, memory_order_relaxed);
}

void progress_read(struct progress *progress, struct progress_now *now)
{
    now->files = get(&progress->files);
    now->files_taken = get(&progress->files_taken);
    now->files_known = get(&progress->files_known);
    now->files_counted = get(&progress->files_counted);
    now->files_skipped = get(&progress->files_skipped);
    now->files_failed = get(&progress->files_failed);
    now->bytes = get(&progress->bytes);
    now->bytes_known = get(&progress->bytes_known);
    now->bytes_counted = get(&progress->bytes_counted);
    now->bytes_skipped = get(&progress->bytes_skipped);
    now->all_known = atomic_load(&progress->all_known);
    now->counting = atomic_load(&progress->counting);
    now->all_counted = atomic_load(&progress->all_counted);
}

char *progress_oldest(struct progress *progress)
{
    const char *outside = atomic_load(&progress->outside);
    char *name;

    pthread_mutex_lock(&progress->lock);
    name = progress->feed ? progress->oldest(progress->feed) : NULL;
    pthread_mutex_unlock(&progress->lock);
    return !name && outside ? strdup(outside) : name;
}
