/* count.c: counts what a run will find. See count.h.
 *
 * The walk is that of the run, so both find the same files. It has a feed of its own, which hands
 * out nothing: only what the walk cannot enter passes through it. */
#define _GNU_SOURCE
#include "count.h"

#include <assert.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "../base/retry.h"

struct count {
    struct count_job job;
    struct feed *feed;
    struct dir *cwd;
    atomic_bool ended;
};

static int count_entry(struct feed *feed, struct dir *dir, const char *name, unsigned char type,
                       uint64_t ino, void *arg)
{
    struct count *count = arg;
    struct stat st = {0};

    (void)feed;
    (void)ino;
    if (atomic_load(&count->ended))
        return -ECANCELED;
    if (count->job.regular_only && type != DT_REG)
        return 0;
    if (type == DT_REG || count->job.walk->follow)
        (void)fstatat(dir->fd, name, &st, count->job.walk->follow ? 0 : AT_SYMLINK_NOFOLLOW);
    progress_counted(count->job.progress, S_ISREG(st.st_mode) ? (uint64_t)st.st_size : 0);
    return 0;
}

/* Counts what the walk reports as failed, as the run will: an unreadable directory, say. */
static void retire(struct file *file, void *arg)
{
    const struct count *count = arg;

    (void)file;
    progress_counted(count->job.progress, 0);
}

static int produce(struct feed *feed, void *arg)
{
    static const struct walk_ops ops = {.entry = count_entry};
    struct count *count = arg;
    const struct count_job *job = &count->job;
    int flags = job->follow_operands ? 0 : AT_SYMLINK_NOFOLLOW, rc = 0;

    count->cwd->may_follow = job->follow_operands;
    for (size_t i = 0; i < job->names_len && rc == 0; i++) {
        struct stat st = {0};
        if (fstatat(AT_FDCWD, job->names[i], &st, flags) == 0 && S_ISDIR(st.st_mode) &&
            job->recursive)
            rc = walk_tree(feed, count->cwd, job->names[i], job->walk, &ops, count);
        else
            progress_counted(job->progress, S_ISREG(st.st_mode) ? (uint64_t)st.st_size : 0);
    }
    if (rc == 0)
        progress_count_complete(job->progress);
    return rc;
}

struct count *count_start(const struct count_job *job)
{
    struct count *count = calloc(1, sizeof(*count));
    struct feed_config config = {.produce = produce, .retire = retire, .arg = count};

    if (!count)
        return NULL;
    count->job = *job;
    count->cwd = dir_cwd();
    if (count->cwd && feed_start(&count->feed, &config) == 0) {
        if (feed_has_thread(count->feed))
            return count;
        feed_cancel(count->feed);
        feed_join(count->feed);
    }
    dir_put(count->cwd);
    free(count);
    return NULL;
}

void count_end(struct count *count)
{
    if (!count)
        return;
    atomic_store(&count->ended, true);
    feed_cancel(count->feed);
    feed_join(count->feed);
    dir_put(count->cwd);
    free(count);
}
