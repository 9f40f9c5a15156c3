/* copy.c: walks the sources, and feeds what has bytes to an engine. See copy.h. */
#define _GNU_SOURCE
#include "copy.h"

#include <assert.h>
#include <attr/libattr.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "ahead.h"
#include "backup.h"
#include "dest.h"
#include "directory.h"
#include "entry.h"
#include "hard_links.h"
#include "in_use.h"
#include "nonregular.h"
#include "overwrite.h"
#include "parents.h"
#include "plan.h"
#include "seen.h"
#include "../base/temp.h"
#include "written.h"
#include "../base/retry.h"

enum { CLOCK_SECONDS = 2 }; /* the coarsest clock of a filesystem: FAT */

int copy_init(struct copy *copy)
{
    assert(!copy->cwd && !copy->links && !copy->written && !copy->in_use);
    TAILQ_INIT(&copy->looks);
    copy->umask = umask(0);
    umask(copy->umask);
    copy->euid = geteuid();
    copy->begun = time(NULL) - CLOCK_SECONDS;
    copy->may_chown = copy->euid == 0;
    copy->cwd = dir_cwd();
    copy->cwd_nofollow = dir_cwd();
    if (copy->cwd_nofollow)
        copy->cwd_nofollow->may_follow = false;
    if (copy->opts.preserve_links)
        copy->links = hard_links_new();
    /* the library reads its configuration at its first use, which must be in one thread */
    if (copy->opts.preserve_xattrs)
        (void)attr_copy_action("user.first", NULL);
    if (!copy->cwd || !copy->cwd_nofollow || (copy->opts.preserve_links && !copy->links)) {
        copy_destroy(copy);
        return -ENOMEM;
    }
    return 0;
}

void copy_end(struct copy *copy)
{
    ahead_end(copy);
}

void copy_destroy(struct copy *copy)
{
    struct copy_deferred_error *deferred = atomic_load(&copy->deferred_errors);

    assert(!copy->pool);
    while (deferred) {
        struct copy_deferred_error *next = deferred->next;
        free(deferred);
        deferred = next;
    }
    seen_destroy(copy);
    hard_links_free(copy->links);
    written_free(copy->written);
    in_use_free(copy->in_use);
    dir_put(copy->cwd);
    dir_put(copy->cwd_nofollow);
    atomic_store(&copy->deferred_errors, NULL);
    copy->links = NULL;
    copy->written = NULL;
    copy->in_use = NULL;
    copy->cwd = copy->cwd_nofollow = NULL;
}

void copy_item_end(struct copy *copy, struct file *file)
{
    struct item *op = file->op;
    int rc;

    atomic_store(&copy->retired, file->seq + 1);
    if (file->status == 0 && op->attempted && op->place && !op->linked)
        seen_copied(op);
    if (file->status < 0 && op->backup) {
        rc = backup_rename(op->to->fd, op->backup, op->to_name);
        if (rc < 0)
            item_report(file, STEP_RESTORE, rc, false);
        else
            op->restored = true;
    }
    unfinished_backup_end(&op->unfinished_backup);
}

static struct dir *root(const struct copy *copy)
{
    return copy->opts.follow == FOLLOW_NEVER ? copy->cwd_nofollow : copy->cwd;
}

/* Decides which of several names is copied first, in the order of the walk, so that the outcome
 * does not depend on which thread comes first. */
static void claim(struct copy *copy, struct file *file, const struct stat *st)
{
    struct item *op = file->op;
    struct link_target made;

    if (!dest_link_possible(copy, file, st))
        return;
    assert(!op->claimed);
    op->claimed = hard_links_claim(copy->links, st, false, &made) == LINK_FIRST;
    file->awaited = op->claimed;
    op->claimed_dev = st->st_dev;
    op->claimed_ino = st->st_ino;
}

/* Looks at the destination of a file that an engine would copy, and adds it to the feed. */
static int decide_in_order(struct copy *copy, struct feed *feed, struct file *file)
{
    struct item *op = file->op;
    struct stat st, at;
    bool waits = true; /* asked once more after false */
    int rc;

    if (item_stat(copy, file, &st) < 0)
        return feed_add_done(feed, file);
    if (ahead_missing(copy, file->dir, file->name)) {
        rc = overwrite_check_output(copy, file, &st);
    } else {
        /* one of several names may become a link to another one */
        op->may_defer = copy->pool && !dest_link_possible(copy, file, &st);
        while ((rc = overwrite_decide(copy, file, &st, &at)) == OVERWRITE_LATER && waits)
            waits = feed_drain_half(feed);
    }
    if (copy->opts.dry_run && rc == OVERWRITE_CREATE && op->dangling)
        overwrite_refuse_dangling(file);
    if (op->skipped || file->status < 0 || copy->opts.dry_run) {
        file->skipped = op->skipped;
        file->size_skipped = S_ISREG(st.st_mode) ? (uint64_t)st.st_size : 0;
        if (rc == OVERWRITE_SKIP && copy->opts.update != UPDATE_ALL && !copy->opts.dry_run) {
            /* it may wait for a file that this thread itself must copy */
            while (!feed_has_thread(feed) && feed_drain_half(feed))
                ;
            dest_link_skipped(copy, file, &st);
        }
        return op->deferred ? ahead_attributes(copy, feed, file, &st, &at)
                            : feed_add_done(feed, file);
    }
    claim(copy, file, &st);
    return feed_add(feed, file);
}

static int entry(struct feed *feed, struct dir *dir, const char *name, unsigned char type,
                 uint64_t ino, void *arg)
{
    struct copy *copy = arg;
    struct file *file;
    struct item *op;
    struct stat st;

    if (copy->plan)
        return plan_entry(copy, feed, dir, name);
    file = item_new(copy, feed, dir, name);
    if (!file)
        return -ENOMEM;
    op = file->op;
    op->attempted = true;
    file->type = type;
    file->ino = ino;
    if (nonregular_is(copy, type))
        return ahead_nonregular(copy, feed, file);
    if (copy_opts_decide_first(&copy->opts))
        return decide_in_order(copy, feed, file);
    if (copy->links && copy->opts.backup != BACKUP_NONE) { /* the first name gets none */
        if (item_stat(copy, file, &st) < 0)
            return feed_add_done(feed, file);
        claim(copy, file, &st);
    }
    return feed_add(feed, file);
}

/* Returns whether the operands before this one must be finished first, or -ENOMEM. If several
 * operands are one file, the first is copied, and the others are linked to its copy. One operand of
 * --parents may be below another one. */
static int must_follow(struct copy *copy, const struct stat *st)
{
    bool is_dir = S_ISDIR(st->st_mode);
    bool linked = copy->links && !is_dir && (st->st_nlink > 1 || copy->opts.follow != FOLLOW_NEVER);
    int known = linked ? seen_inode(copy, st) : 0;
    bool follow = known || (linked && copy->directory_pending) || (is_dir && copy->link_pending) ||
                  (copy->opts.parents && (is_dir || copy->directory_pending));

    if (follow)
        copy->link_pending = copy->directory_pending = false;
    copy->link_pending |= linked;
    copy->directory_pending |= is_dir;
    return known < 0 ? known : follow;
}

/* Tells whether an operand may change what an earlier one reads: that one gets the old contents. */
static bool may_change_sources(const struct copy *copy, const struct copy_source *source,
                               const struct stat *st)
{
    struct stat at;

    return copy->into_itself ||
           (S_ISDIR(st->st_mode) && fstatat(source->to->fd, source->to_name, &at, 0) == 0 &&
            S_ISDIR(at.st_mode) && seen_in_directory(copy, &at));
}

/* Decides what becomes of an operand that may go to the name of an earlier one. Files do not
 * overwrite each other. Directories are merged, the later one's files over the earlier one's, so it
 * waits for these. Returns why the operand is refused; *rc: 0 or -errno. */
static enum refusal collision(struct copy *copy, struct feed *feed,
                              const struct copy_source *source, const struct stat *st, int *rc)
{
    int twice = seen_entry(copy, source);
    int before = seen_place(copy, source->to_name);
    int follow = must_follow(copy, st);
    bool overlaps;

    *rc = twice < 0 ? twice : before < 0 ? before : follow < 0 ? follow : 0;
    if (*rc < 0)
        return REFUSED_NONE;
    if (twice && !S_ISDIR(st->st_mode) && copy->opts.backup == BACKUP_NONE)
        return REFUSED_FILE_TWICE;
    copy->place_before = before;
    if (S_ISDIR(st->st_mode))
        copy->place = NULL; /* files in directories do overwrite each other */
    /* "." is any name */
    overlaps = seen_below_top(copy, source->name) || may_change_sources(copy, source, st);
    if (S_ISDIR(st->st_mode) && (*rc = seen_note_directory(copy, source->name)) < 0)
        return REFUSED_NONE;
    if (before || follow || overlaps || strcmp(source->to_name, ".") == 0 ||
        seen_place_known(copy, ".")) {
        while (feed_drain_half(feed))
            ;
        ahead_settle(copy); /* directories get their attributes */
    }
    return REFUSED_NONE;
}

/* Looks at an operand. What is missing may be a copy that is on its way. */
static int stat_operand(struct copy *copy, struct feed *feed, const char *name, struct stat *st)
{
    bool may_follow = copy->opts.follow != FOLLOW_NEVER, follow = false;
    bool waits = copy->source_count > 1; /* asked once more after false */

    while (fstatat(AT_FDCWD, name, st, AT_SYMLINK_NOFOLLOW) < 0 ||
           ((follow = may_follow && S_ISLNK(st->st_mode)) && fstatat(AT_FDCWD, name, st, 0) < 0)) {
        int rc = -errno;
        if (rc != -ENOENT || !waits)
            return rc;
        waits = feed_drain_half(feed);
    }
    if (follow)
        copy->through_links = true;
    return 0;
}

static int copy_one(struct copy *copy, struct feed *feed, const struct copy_source *source)
{
    bool looks = copy->plan || copy_opts_decide_first(&copy->opts);
    const struct walk_ops ops = {.entry = entry,
                                 .enter = directory_enter,
                                 .prepare = directory_prepare,
                                 .ahead = copy->pool && looks ? ahead_look : NULL,
                                 .settle = ahead_settle};
    struct walk_opts walk = copy->opts.walk;
    struct stat st;
    enum refusal refusal = REFUSED_NONE;
    int rc = 0;

    if (copy->opts.parents)
        rc = parents_make(copy, feed, source);
    if (rc != 0)
        return rc < 0 ? rc : 0;
    rc = stat_operand(copy, feed, source->name, &st);
    if (rc < 0)
        return item_add_failed(copy, feed, root(copy), source->name, STEP_STAT, rc);
    if (S_ISDIR(st.st_mode) && !copy->opts.recursive)
        refusal = REFUSED_DIRECTORY;
    else if (copy->source_count > 1)
        refusal = collision(copy, feed, source, &st, &rc);
    if (rc < 0)
        return rc;
    if (refusal != REFUSED_NONE)
        return item_add_refused(copy, feed, root(copy), source->name, refusal);
    walk.looks = looks;
    if (!walk.follow)
        walk.pool = copy->pool;
    if (S_ISDIR(st.st_mode))
        return walk_tree(feed, root(copy), source->name, &walk, &ops, copy);
    return entry(feed, root(copy), source->name, (unsigned char)IFTODT(st.st_mode), st.st_ino,
                 copy);
}

/* Removes what killed runs have left where the operands go. */
static void sweep_target(const struct copy_source *source)
{
    int fd = source->to->fd == AT_FDCWD ? entry_open_parent(source->to_name) : source->to->fd;

    if (fd < 0)
        return;
    temp_sweep(fd, TEMP_PREFIX);
    if (fd != source->to->fd)
        close(fd);
}

int copy_produce(struct feed *feed, void *arg)
{
    struct copy *copy = arg;
    int rc = 0;

    assert(!copy->written && !copy->source_to && !copy->parents); /* one run */
    assert(copy->operands_ahead == 0);
    /* a file alone leads to one destination */
    if (copy->opts.recursive || copy->source_count > 1) {
        copy->written = written_new();
        copy->in_use = in_use_new();
        if (!copy->written || !copy->in_use)
            return -ENOMEM;
    }
    if (copy->opts.atomic && !copy->opts.dry_run && copy->source_count > 0)
        sweep_target(&copy->sources[0]);
    if (copy->plan || copy->opts.recursive || copy_opts_decide_first(&copy->opts) ||
        copy->source_count > 1)
        ahead_start(copy);
    copy->through_links = copy->opts.recursive && copy->opts.follow == FOLLOW_ALWAYS;
    for (size_t i = 0; i < copy->source_count && rc == 0; i++) {
        ahead_operands(copy, root(copy), i, copy_opts_decide_first(&copy->opts));
        copy->source = &copy->sources[i];
        copy->source_to = dir_get(copy->source->to);
        item_find_medium(copy, copy->source_to);
        copy->source_to_name = copy->source->to_name;
        copy->top_dev = 0;
        copy->top_ino = 0;
        copy->place = NULL;
        if (i > 0)
            copy->earlier = feed_divide(feed);
        rc = copy_one(copy, feed, copy->source);
        dir_put(copy->source_to);
        copy->source_to = NULL;
    }
    ahead_settle(copy);
    dir_put(copy->parents);
    copy->parents = NULL;
    return rc;
}
