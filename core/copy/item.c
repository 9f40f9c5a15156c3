/* item.c: see item.h. */
#define _GNU_SOURCE
#include "item.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "../base/filesystem.h"
#include "copy.h"
#include "written.h"
#include "../base/retry.h"

void item_free(struct file *file)
{
    struct item *op = file->op;

    while (!SLIST_EMPTY(&op->reports)) {
        struct item_report *report = SLIST_FIRST(&op->reports);
        SLIST_REMOVE_HEAD(&op->reports, entry);
        free(report);
    }
    assert(!op->unfinished_backup.listed);
    free(op->backup);
    dir_put(op->to);
    op->backup = NULL;
    op->to = NULL;
}

void item_report(void *arg, enum step step, int status, bool harmless)
{
    struct file *file = arg;
    struct item *op = file->op;
    struct item_report *report = calloc(1, sizeof(*report)), *last = NULL, *other;

    if (!report) {
        file_fail(file, step, status);
        return;
    }
    report->step = step;
    report->status = status;
    report->harmless = harmless;
    SLIST_FOREACH (other, &op->reports, entry)
        last = other;
    if (last)
        SLIST_INSERT_AFTER(last, report, entry);
    else
        SLIST_INSERT_HEAD(&op->reports, report, entry);
}

int item_refuse(struct file *file, enum refusal refusal)
{
    struct item *op = file->op;

    assert(refusal != REFUSED_NONE);
    op->refusal = refusal;
    op->attempted = false;
    file_fail(file, STEP_REFUSED, -EPERM);
    return -EPERM;
}

int item_fail(struct file *file, enum step step)
{
    int status = -errno;

    assert(status < 0);
    file_fail(file, step, status);
    return status;
}

char *item_dest_path(const struct file *file)
{
    const struct item *op = file->op;
    struct file at = {.dir = op->to, .name = op->to_name};

    return op->to ? file_path(&at) : NULL;
}

bool item_follows(const struct copy *copy, const struct file *file)
{
    return copy->opts.follow == FOLLOW_ALWAYS ||
           (copy->opts.follow == FOLLOW_OPERANDS && file->dir == copy->cwd);
}

int item_stat(const struct copy *copy, struct file *file, struct stat *st)
{
    struct item *op = file->op;

    if (fstatat(file->dir->fd, file->name, st,
                item_follows(copy, file) ? 0 : AT_SYMLINK_NOFOLLOW) == 0)
        return 0;
    op->attempted = false;
    return item_fail(file, STEP_STAT);
}

int item_note_name(struct copy *copy, struct feed *feed, const struct dir *to, const char *to_name,
                   const void *scope)
{
    int rc = item_names_are_noted(to) ? written_name(copy->written, to, to_name, scope) : 0;

    /* the kernel remembers what it sees by one name of a file that grows by another */
    while (rc == 1 && feed_drain_half(feed))
        ;
    return rc;
}

bool item_names_are_noted(const struct dir *to)
{
    return to->medium == DIR_REMOTE && !to->created;
}

void item_find_medium(struct copy *copy, struct dir *to)
{
    if (to->medium != DIR_UNKNOWN || to->fd == -1)
        return;
    to->medium = filesystem_is_remote(to->fd) ? DIR_REMOTE : DIR_LOCAL;
    to->number = ++copy->dir_count;
}

struct file *item_new(struct copy *copy, struct feed *feed, struct dir *dir, const char *name)
{
    struct file *file = feed_file(feed, dir, name, strlen(name));

    if (file) {
        struct item *op = file->op;
        /* the walk's root goes to the operand's destination */
        struct dir *to = dir->dest_dir ? dir->dest_dir : copy->source_to;
        op->to_name = dir->dest_dir ? file->name : copy->source_to_name;
        op->to = dir_get(to);
        op->earlier = copy->earlier;
        op->through_links = copy->through_links;
        /* Operands that are files do not overwrite each other. Two of one name have rules of their
         * own: seen.h. */
        op->place = dir->dest_dir ? NULL : copy->place;
        op->scope = op->place && !copy->place_before ? (const void *)copy : copy->source;
        if (item_note_name(copy, feed, op->to, op->to_name, op->scope) < 0)
            file_fail(file, STEP_STAT_DEST, -ENOMEM);
    }
    return file;
}

int item_add_refused(struct copy *copy, struct feed *feed, struct dir *dir, const char *name,
                     enum refusal refusal)
{
    struct file *file = item_new(copy, feed, dir, name);

    if (!file)
        return -ENOMEM;
    item_refuse(file, refusal);
    return feed_add_done(feed, file);
}

int item_add_failed(struct copy *copy, struct feed *feed, struct dir *dir, const char *name,
                    enum step step, int status)
{
    struct file *file = item_new(copy, feed, dir, name);

    if (!file)
        return -ENOMEM;
    file_fail(file, step, status);
    return feed_add_done(feed, file);
}
