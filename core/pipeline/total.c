/* total.c: counts what a run will find. See total.h.
 *
 * The walk is that of the run, so both find the same files. It has a feed of its own, which hands
 * out nothing: only what the walk cannot enter passes through it. */
#define _GNU_SOURCE
#include "total.h"

#include <assert.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "../base/retry.h"

struct total {
    struct total_job job;
    struct feed *feed;
    struct dir *cwd;
    atomic_bool ended;
};

static int total_entry(struct feed *feed, struct dir *dir, const char *name, unsigned char type,
                       uint64_t ino, void *arg)
{
    struct total *total = arg;
    struct stat st = {0};

    (void)feed;
    (void)ino;
    if (atomic_load(&total->ended))
        return -ECANCELED;
    if (total->job.regular_only && type != DT_REG)
        return 0;
    if (type == DT_REG)
        (void)fstatat(dir->fd, name, &st, total->job.walk->follow ? 0 : AT_SYMLINK_NOFOLLOW);
    progress_counted(total->job.progress, S_ISREG(st.st_mode) ? (uint64_t)st.st_size : 0);
    return 0;
}

/* Counts what the walk reports as failed, as the run will: an unreadable directory, say. */
static void retire(struct file *file, void *arg)
{
    const struct total *total = arg;

    (void)file;
    progress_counted(total->job.progress, 0);
}

static int produce(struct feed *feed, void *arg)
{
    static const struct walk_ops ops = {.entry = total_entry};
    struct total *total = arg;
    const struct total_job *job = &total->job;
    int flags = job->follow_operands ? 0 : AT_SYMLINK_NOFOLLOW, rc = 0;

    total->cwd->may_follow = job->follow_operands;
    for (size_t i = 0; i < job->names_len && rc == 0; i++) {
        struct stat st = {0};
        if (fstatat(AT_FDCWD, job->names[i], &st, flags) == 0 && S_ISDIR(st.st_mode) &&
            job->recursive)
            rc = walk_tree(feed, total->cwd, job->names[i], job->walk, &ops, total);
        else
            progress_counted(job->progress, S_ISREG(st.st_mode) ? (uint64_t)st.st_size : 0);
    }
    if (rc == 0)
        progress_count_complete(job->progress);
    return rc;
}

struct total *total_start(const struct total_job *job)
{
    struct total *total = calloc(1, sizeof(*total));
    struct feed_config config = {.produce = produce, .retire = retire, .arg = total};

    if (!total)
        return NULL;
    total->job = *job;
    total->cwd = dir_cwd();
    /* if no thread can be made, nothing is counted */
    if (total->cwd && feed_start(&total->feed, &config) == 0)
        return total;
    dir_put(total->cwd);
    free(total);
    return NULL;
}

void total_end(struct total *total)
{
    if (!total)
        return;
    atomic_store(&total->ended, true);
    feed_cancel(total->feed);
    feed_join(total->feed);
    dir_put(total->cwd);
    free(total);
}
