/* update.c: see update.h. */
#define _GNU_SOURCE
#include "update.h"

#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../base/filesystem.h"
#include "attr.h"
#include "symlink.h"
#include "../base/retry.h"

enum {
    NS_PER_SECOND = 1000000000,
    FAT_FIRST = 315532800, /* 1980-01-01, by a clock that may be a day off */
    SECONDS_PER_DAY = 86400,
};

static bool same_time(const struct timespec *a, const struct timespec *b)
{
    return a->tv_sec == b->tv_sec && a->tv_nsec == b->tv_nsec;
}

static bool is_older(const struct timespec *a, const struct timespec *b)
{
    return a->tv_sec != b->tv_sec ? a->tv_sec < b->tv_sec : a->tv_nsec < b->tv_nsec;
}

/* Tells whether *at may be what a filesystem makes of *from: the last time or the first one that it
 * can keep, or *from cut off to whole units of a resolution that filesystems have. */
static bool may_be_cut_off(const struct timespec *from, const struct timespec *at)
{
    static const long units[] = {100, 1000, 1000000, 10000000, NS_PER_SECOND};

    if (from->tv_sec > INT32_MAX || from->tv_sec < FAT_FIRST + SECONDS_PER_DAY)
        return true;
    for (size_t i = 0; i < sizeof(units) / sizeof(*units); i++)
        if (at->tv_sec == from->tv_sec && at->tv_nsec == from->tv_nsec - from->tv_nsec % units[i])
            return true;
    return at->tv_nsec == 0 && at->tv_sec == (from->tv_sec & ~(time_t)1); /* 2 s */
}

/* A time next to *from that is neither *from nor *at, but is cut off to *at if *from is: a process
 * that is killed while a file has it leaves no file that looks unchanged. */
static struct timespec probe_time(const struct timespec *from, const struct timespec *at)
{
    struct timespec probe = *from;

    probe.tv_nsec--;
    if (probe.tv_nsec < 0)
        probe = (struct timespec){from->tv_sec - 1, NS_PER_SECOND - 1};
    if (same_time(&probe, at))
        probe = (struct timespec){from->tv_sec, from->tv_nsec + 1};
    return probe;
}

/* Tells whether the destination has the source's time, as far as its filesystem can keep it: sets a
 * time next to that, and looks whether that changes anything. If it does, the old time is restored.
 */
static bool is_cut_off(const struct copy_opts *opts, const struct item *op, const struct stat *st,
                       const struct stat *at)
{
    struct timespec times[2] = {{.tv_nsec = UTIME_OMIT}, probe_time(&st->st_mtim, &at->st_mtim)};
    int flags = op->via_symlink ? 0 : AT_SYMLINK_NOFOLLOW;
    struct stat now;

    if (opts->dry_run || !may_be_cut_off(&st->st_mtim, &at->st_mtim) ||
        utimensat(op->to->fd, op->to_name, times, flags) < 0)
        return false;
    if (fstatat(op->to->fd, op->to_name, &now, flags) == 0 && same_time(&now.st_mtim, &at->st_mtim))
        return true;
    times[1] = at->st_mtim;
    (void)utimensat(op->to->fd, op->to_name, times, flags);
    return false;
}

/* Returns the source's time as the destination keeps it, if the filesystem's type tells. */
static struct timespec kept_time(const struct copy_opts *opts, const struct item *op,
                                 const struct stat *st, const struct stat *at)
{
    /* FAT has cut off the rest of a time that was preserved: it keeps every other second */
    if (opts->preserve_times && at->st_mtim.tv_nsec == 0 && filesystem_is_fat(op->to->fd))
        return (struct timespec){st->st_mtim.tv_sec & ~(time_t)1, 0};
    return st->st_mtim;
}

/* Tells whether the destination is no older than the source. */
static bool is_newer(const struct copy_opts *opts, const struct item *op, const struct stat *st,
                     const struct stat *at)
{
    struct timespec kept;

    if (is_older(&at->st_mtim, &st->st_mtim)) {
        kept = kept_time(opts, op, st, at); /* no later than st's */
        return !is_older(&at->st_mtim, &kept) || is_cut_off(opts, op, st, at);
    }
    return true;
}

/* Tells whether both are symbolic links to the same name. */
static bool is_same_link(const struct file *file, const struct stat *st)
{
    const struct item *op = file->op;
    char *target = symlink_read(file->dir->fd, file->name, st);
    bool same = target && symlink_is(op->to->fd, op->to_name, target);

    free(target);
    return same;
}

/* Tells whether the destination has the source's contents, as far as type, size and time tell.
 * Files without bytes, such as links, are compared as a whole. */
static bool is_unchanged(const struct copy_opts *opts, const struct file *file,
                         const struct stat *st, const struct stat *at)
{
    const struct item *op = file->op;
    struct timespec kept;

    if (((st->st_mode ^ at->st_mode) & S_IFMT) != 0)
        return false;
    if (S_ISLNK(st->st_mode))
        return is_same_link(file, st);
    if (S_ISCHR(st->st_mode) || S_ISBLK(st->st_mode))
        return st->st_rdev == at->st_rdev;
    if (!S_ISREG(st->st_mode))
        return true;
    if (st->st_size != at->st_size)
        return false;
    if (same_time(&st->st_mtim, &at->st_mtim))
        return true;
    kept = kept_time(opts, op, st, at);
    return same_time(&kept, &at->st_mtim) || is_cut_off(opts, op, st, at);
}

/* Reaches a file by its name or, if a link is followed, by a descriptor, which is open then. */
static struct attr_at reach_file(const struct dir *dir, const char *name, bool follow)
{
    struct attr_at at = {.fd = -1, .dir_fd = dir->fd, .name = name};

    if (follow)
        at.fd = openat(dir->fd, name, O_PATH | O_CLOEXEC);
    return at;
}

bool update_leaves(const struct copy *copy, const struct file *file, const struct stat *st,
                   const struct stat *at)
{
    const struct copy_opts *opts = &copy->opts;

    switch (opts->update) {
    case UPDATE_ALL:
        return false;
    case UPDATE_OLDER:
        return is_newer(opts, file->op, st, at);
    case UPDATE_CHANGED:
        return is_unchanged(opts, file, st, at);
    }
    return false;
}

void update_attributes(const struct copy *copy, struct file *file, const struct stat *st,
                       const struct stat *at)
{
    const struct copy_opts *opts = &copy->opts;
    const struct item *op = file->op;
    struct attr_at from, to;

    if (opts->update != UPDATE_CHANGED || opts->dry_run || opts->make != MAKE_COPIES)
        return;
    from = reach_file(file->dir, file->name, item_follows(copy, file));
    to = reach_file(op->to, op->to_name, op->via_symlink);
    if (!attr_same(copy, &from, &to, st, at))
        attr_copy(copy, &from, &to, st, false, item_report, file);
    if (from.fd >= 0)
        close(from.fd);
    if (to.fd >= 0)
        close(to.fd);
}
