/* touring.c: walks a tree and records the entries. See touring.h. */
#define _GNU_SOURCE
#include "touring.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "check.h"
#include "scratch.h"

static int entry(struct feed *feed, struct dir *dir, const char *name, unsigned char type,
                 uint64_t ino, void *arg)
{
    struct tour *tour = arg;
    struct file *file;

    if (++tour->entries == tour->stop_after)
        return -ECANCELED;
    file = feed_file(feed, dir, name, strlen(name));
    if (!file)
        return -ENOMEM;
    file->type = type;
    file->ino = ino;
    return feed_add_done(feed, file);
}

static int enter(struct feed *feed, struct dir *dir, const char *name, void *arg)
{
    struct tour *tour = arg;
    size_t used = strlen(tour->entered);
    struct stat st;

    (void)feed;
    /* works for unreadable entries, too */
    assert_int_equal(fstat(dir->fd, &st), 0);
    if (tour->leave_out && strcmp(tour->leave_out, name) == 0)
        return 1;
    if (used + dir->path_len + 2 <= sizeof(tour->entered)) {
        dir_path_copy(dir, tour->entered + used);
        memcpy(tour->entered + used + dir->path_len, "\n", 2);
    }
    return 0;
}

static bool count_release(struct dir *dir)
{
    struct tour *tour = dir->op;

    atomic_fetch_add(&tour->released, 1);
    return false;
}

static void prepare(struct dir *dir, const char *name, void *arg)
{
    struct tour *tour = arg;

    assert_string_equal(dir->name, name);
    atomic_fetch_add(&tour->prepared, 1);
    dir->op = tour;
    dir->release = count_release;
}

static int produce(struct feed *feed, void *arg)
{
    struct tour *tour = arg;
    const struct walk_ops ops = {
        .entry = entry, .enter = tour->no_enter ? NULL : enter, .prepare = prepare};
    struct dir *cwd = dir_cwd();
    int rc = cwd ? walk_tree(feed, cwd, tour->root, &tour->opts, &ops, tour) : -ENOMEM;

    dir_put(cwd);
    return rc;
}

static void retire(struct file *file, void *arg)
{
    struct tour *tour = arg;
    int flags = tour->opts.follow ? 0 : AT_SYMLINK_NOFOLLOW;
    struct stat st;

    if (tour->len == tour->cap) {
        tour->cap = tour->cap ? tour->cap * 2 : 64;
        tour->seen = realloc(tour->seen, tour->cap * sizeof(*tour->seen));
        if (!tour->seen)
            test_broken("memory");
    }
    tour->seen[tour->len++] = (struct seen){
        .path = file_path(file),
        .type = file->type,
        .inode_right = fstatat(file->dir->fd, file->name, &st, flags) == 0 &&
                       st.st_ino == file->ino,
        .may_follow = file->dir->may_follow,
        .step = file->step,
        .status = file->status,
    };
}

int tour_walk(struct tour *tour)
{
    struct feed_config config = {.window = 16, .produce = produce, .retire = retire, .arg = tour};
    struct feed *feed;
    struct file *file;

    assert_int_equal(feed_start(&feed, &config), 0);
    assert_int_equal(feed_next(feed, &file, true), -ENODATA);
    return feed_join(feed);
}

void tour_free(struct tour *tour)
{
    for (size_t i = 0; i < tour->len; i++)
        free(tour->seen[i].path);
    free(tour->seen);
}

bool tour_saw(const struct tour *tour, size_t i, const char *path, unsigned char type,
              enum step step, int status)
{
    const struct seen *seen = &tour->seen[i];

    return i < tour->len && strcmp(seen->path, path) == 0 && seen->step == step &&
           seen->status == status && (status < 0 || (seen->type == type && seen->inode_right));
}

void tour_make_dir(const char *path)
{
    if (mkdir(path, 0755) < 0)
        test_broken(path);
}
