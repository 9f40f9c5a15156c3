/* copy.c: walks the sources, makes what needs no bytes moved, and feeds the rest to an engine. See
 * copy.h. */
#define _GNU_SOURCE
#include "copy.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <search.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "dest.h"
#include "links.h"
#include "walk.h"

/* A directory of the walk: dir->op. */
struct copy_dir {
    struct copy *copy;
    struct dir *to; /* what it is copied to; owned reference */
    struct stat st;
    bool created;
};

int copy_init(struct copy *copy)
{
    copy->umask = umask(0);
    umask(copy->umask);
    copy->may_chown = geteuid() == 0;
    copy->cwd = dir_cwd();
    if (copy->opts.preserve_links)
        copy->links = links_new();
    if (!copy->cwd || (copy->opts.preserve_links && !copy->links)) {
        copy_destroy(copy);
        return -ENOMEM;
    }
    return 0;
}

void copy_destroy(struct copy *copy)
{
    struct copy_late *late = atomic_load(&copy->late);

    while (late) {
        struct copy_late *next = late->next;
        free(late);
        late = next;
    }
    tdestroy(copy->names, free);
    links_free(copy->links);
    dir_put(copy->cwd);
    copy->links = NULL;
    copy->cwd = NULL;
}

void copy_file_free(struct file *file)
{
    struct copy_file *op = file->op;

    while (op->reports) {
        struct copy_report *next = op->reports->next;
        free(op->reports);
        op->reports = next;
    }
    dir_put(op->to);
    op->to = NULL;
}

void copy_report(struct file *file, enum step step, int status)
{
    struct copy_file *op = file->op;
    struct copy_report **at = &op->reports;
    struct copy_report *report = calloc(1, sizeof(*report));

    if (!report) {
        file_fail(file, step, status);
        return;
    }
    report->step = step;
    report->status = status;
    while (*at)
        at = &(*at)->next;
    *at = report;
}

char *copy_to_path(const struct file *file)
{
    const struct copy_file *op = file->op;
    struct file at = {.dir = op->to, .name = op->to_name};

    return op->to ? file_path(&at) : NULL;
}

static void report_late(void *arg, enum step step, int status)
{
    struct copy_dir *dir = arg;
    struct copy_late *late = malloc(sizeof(*late) + dir->to->path_len + 1);

    if (!late)
        return;
    late->step = step;
    late->status = status;
    memcpy(late->to_path, dir->to->path, dir->to->path_len + 1);
    late->next = atomic_load(&dir->copy->late);
    while (!atomic_compare_exchange_weak(&dir->copy->late, &late->next, late))
        ;
}

/* The last reference to a directory goes: all that is in it has been copied. */
static void dir_copied(struct dir *dir)
{
    struct copy_dir *op = dir->op;
    struct stat now;

    if (op->created && !op->copy->opts.preserve_mode && fstat(op->to->fd, &now) == 0) {
        /* it was made with rights to write into it; now the ones that mkdir(2) would have given */
        mode_t want = (op->st.st_mode & 01777 & ~op->copy->umask) | (now.st_mode & S_ISGID);
        if (want != (now.st_mode & 07777) && fchmod(op->to->fd, want) < 0)
            report_late(op, STEP_MODE, -errno);
    }
    dest_metadata(op->copy, op->to->fd, &op->st, report_late, op);
    dir_put(op->to);
    free(op);
}

/* Where an entry of a walked directory goes: for the walk's root, what the operand says. */
static void destination(const struct copy *copy, struct dir *dir, const char *name, struct dir **to,
                        const char **to_name)
{
    const struct copy_dir *op = dir->op;

    *to = op ? op->to : copy->source->to;
    *to_name = op ? name : copy->source->to_name;
}

static struct file *new_file(struct copy *copy, struct feed *feed, struct dir *dir,
                             const char *name)
{
    struct file *file = feed_file(feed, dir, name, strlen(name));

    if (file) {
        struct copy_file *op = file->op;
        struct dir *to;
        destination(copy, dir, file->name, &to, &op->to_name);
        op->to = dir_get(to);
    }
    return file;
}

static int refuse(struct copy *copy, struct feed *feed, struct dir *dir, const char *name,
                  enum refusal refusal)
{
    struct file *file = new_file(copy, feed, dir, name);

    if (!file)
        return -ENOMEM;
    ((struct copy_file *)file->op)->refusal = refusal;
    file_fail(file, STEP_REFUSED, -EPERM);
    return feed_add_done(feed, file);
}

static int fail(struct copy *copy, struct feed *feed, struct dir *dir, const char *name,
                enum step step, int status)
{
    struct file *file = new_file(copy, feed, dir, name);

    if (!file)
        return -ENOMEM;
    file_fail(file, step, status);
    return feed_add_done(feed, file);
}

/* Makes or finds the destination of a directory, and opens it. The descriptor, or -errno with
 * *step. */
static int make_dir(const struct copy *copy, struct dir *to, const char *name,
                    const struct stat *st, bool *created, enum step *step)
{
    mode_t mode = (st->st_mode & 01777) | S_IRWXU;
    struct stat at;
    int fd;

    if (copy->opts.preserve_owner || copy->opts.preserve_mode)
        mode &= S_IRWXU; /* until it is done, nobody else's */
    *step = STEP_MAKE_DIR;
    *created = mkdirat(to->fd, name, mode) == 0;
    if (!*created) {
        if (errno != EEXIST)
            return -errno;
        if (fstatat(to->fd, name, &at, AT_SYMLINK_NOFOLLOW) < 0) {
            *step = STEP_STAT_DEST;
            return -errno;
        }
        if (!S_ISDIR(at.st_mode)) {
            *step = STEP_REFUSED;
            return -ENOTDIR;
        }
    } else if ((copy->umask & S_IRWXU) &&
               fchmodat(to->fd, name, (mode & ~copy->umask) | S_IRWXU, AT_SYMLINK_NOFOLLOW) < 0) {
        return -errno; /* the umask has taken our own rights to write into it */
    }
    *step = STEP_OPEN_DEST;
    fd = openat(to->fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    return fd < 0 ? -errno : fd;
}

/* Adds a line for a directory that has been made, for callers that tell. */
static int tell_dir(struct copy *copy, struct feed *feed, struct dir *parent, const char *name)
{
    struct file *file = new_file(copy, feed, parent, name);

    if (!file)
        return -ENOMEM;
    ((struct copy_file *)file->op)->copied = true;
    file->type = DT_DIR;
    return feed_add_done(feed, file);
}

static int enter(struct feed *feed, struct dir *dir, const char *name, void *arg)
{
    struct copy *copy = arg;
    struct copy_dir *op = calloc(1, sizeof(*op));
    bool top = dir->parent->op == NULL;
    struct dir *to;
    const char *to_name;
    enum step step;
    int fd, rc;

    if (!op)
        return -ENOMEM;
    destination(copy, dir->parent, name, &to, &to_name);
    if (fstat(dir->fd, &op->st) < 0) {
        rc = fail(copy, feed, dir->parent, name, STEP_STAT, -errno);
        goto leave_out;
    }
    if (!top && op->st.st_dev == copy->top_dev && op->st.st_ino == copy->top_ino) {
        rc = refuse(copy, feed, copy->cwd, copy->source->name, REFUSED_INTO_ITSELF);
        goto leave_out;
    }
    fd = make_dir(copy, to, to_name, &op->st, &op->created, &step);
    if (fd < 0) {
        rc = step == STEP_REFUSED ? refuse(copy, feed, dir->parent, name, REFUSED_OVER_FILE)
                                  : fail(copy, feed, dir->parent, name, step, fd);
        goto leave_out;
    }
    op->to = dir_new(to, to_name, fd);
    if (!op->to) {
        close(fd);
        free(op);
        return -ENOMEM;
    }
    op->copy = copy;
    dir->op = op;
    dir->release = dir_copied;
    dir->twin = op->to;
    if (top) {
        struct stat made;
        if (fstat(fd, &made) < 0)
            return fail(copy, feed, dir->parent, name, STEP_STAT_DEST, -errno);
        copy->top_dev = made.st_dev;
        copy->top_ino = made.st_ino;
        if (made.st_dev == op->st.st_dev && made.st_ino == op->st.st_ino) {
            dir->release = NULL; /* d onto d: its metadata is its own */
            dir_put(op->to);
            free(op);
            dir->op = NULL;
            dir->twin = NULL;
            rc = refuse(copy, feed, dir->parent, name, REFUSED_SAME_FILE);
            return rc < 0 ? rc : 1;
        }
    }
    return copy->opts.verbose && op->created ? tell_dir(copy, feed, dir->parent, name) : 0;

leave_out:
    free(op);
    return rc < 0 ? rc : 1;
}

/* Owner, mode and times of what has no descriptor: a symbolic link, a node. */
static void metadata_at(const struct copy *copy, struct file *file, const struct stat *st)
{
    const struct copy_file *op = file->op;
    struct timespec times[2] = {st->st_atim, st->st_mtim};
    int fd = op->to->fd;

    if (copy->opts.preserve_times && utimensat(fd, op->to_name, times, AT_SYMLINK_NOFOLLOW) < 0)
        copy_report(file, STEP_TIMES, -errno);
    if (copy->opts.preserve_owner &&
        fchownat(fd, op->to_name, st->st_uid, st->st_gid, AT_SYMLINK_NOFOLLOW) < 0 &&
        copy->may_chown)
        copy_report(file, STEP_OWNER, -errno);
    if (copy->opts.preserve_mode && !S_ISLNK(st->st_mode) &&
        fchmodat(fd, op->to_name, st->st_mode & 07777, 0) < 0)
        copy_report(file, STEP_MODE, -errno);
}

static bool same_file(const struct stat *a, const struct stat *b)
{
    return a->st_dev == b->st_dev && a->st_ino == b->st_ino;
}

/* What is at the destination of a link or a node gives way, as with cp, unless it is a directory,
 * the source, or what the source leads to. Returns whether the way is free; else the file has
 * failed. */
static bool make_way(struct file *file, const struct stat *st, enum step step)
{
    struct copy_file *op = file->op;
    struct stat at, target;

    op->refusal = REFUSED_NOT;
    if (fstatat(op->to->fd, op->to_name, &at, AT_SYMLINK_NOFOLLOW) < 0) {
        file_fail(file, STEP_STAT_DEST, -errno);
        return false;
    }
    if (S_ISDIR(at.st_mode))
        op->refusal = REFUSED_OVER_DIRECTORY;
    else if (same_file(&at, st) ||
             (S_ISLNK(st->st_mode) && !S_ISLNK(at.st_mode) &&
              fstatat(file->dir->fd, file->name, &target, 0) == 0 && same_file(&at, &target)))
        op->refusal = REFUSED_SAME_FILE;
    if (op->refusal != REFUSED_NOT)
        file_fail(file, STEP_REFUSED, -EPERM);
    else if (unlinkat(op->to->fd, op->to_name, 0) < 0)
        file_fail(file, step, -errno);
    return file->status == 0;
}

static void make_symlink(struct file *file, const struct stat *st, const char *target)
{
    const struct copy_file *op = file->op;
    int rc = symlinkat(target, op->to->fd, op->to_name);

    if (rc < 0 && errno == EEXIST) {
        if (!make_way(file, st, STEP_MAKE_LINK))
            return;
        rc = symlinkat(target, op->to->fd, op->to_name);
    }
    if (rc < 0)
        file_fail(file, STEP_MAKE_LINK, -errno);
}

static void copy_symlink(struct file *file, const struct stat *st)
{
    size_t cap = st->st_size > 0 ? (size_t)st->st_size + 1 : PATH_MAX;
    char *target = malloc(cap + 1);
    ssize_t len;

    if (!target) {
        file_fail(file, STEP_READ_LINK, -ENOMEM);
        return;
    }
    len = readlinkat(file->dir->fd, file->name, target, cap);
    if (len < 0 || (size_t)len == cap) {
        file_fail(file, STEP_READ_LINK, len < 0 ? -errno : -EAGAIN);
    } else {
        target[len] = 0;
        make_symlink(file, st, target);
    }
    free(target);
}

static void copy_node(const struct copy *copy, struct file *file, const struct stat *st)
{
    const struct copy_file *op = file->op;
    mode_t mode = st->st_mode & ~(copy->opts.preserve_owner ? (mode_t)(S_IRWXG | S_IRWXO) : 0);
    enum step step = S_ISFIFO(st->st_mode) ? STEP_MAKE_FIFO : STEP_MAKE_NODE;
    int rc = mknodat(op->to->fd, op->to_name, mode, st->st_rdev);

    if (rc < 0 && errno == EEXIST) {
        if (!make_way(file, st, step))
            return;
        rc = mknodat(op->to->fd, op->to_name, mode, st->st_rdev);
    }
    if (rc < 0)
        file_fail(file, step, -errno);
}

/* Copies what is neither a directory nor a regular file, here and now. */
static void copy_special(struct copy *copy, struct file *file)
{
    struct copy_file *op = file->op;
    struct dest dest;
    struct stat st;

    if (fstatat(file->dir->fd, file->name, &st, AT_SYMLINK_NOFOLLOW) < 0) {
        file_fail(file, STEP_STAT, -errno);
        return;
    }
    if (dest_link(copy, file, &st, true, &dest) == DEST_WRITE) {
        if (S_ISLNK(st.st_mode))
            copy_symlink(file, &st);
        else
            copy_node(copy, file, &st);
        if (file->status == 0)
            metadata_at(copy, file, &st);
        if (dest.claimed)
            links_settle(copy->links, &st, file->status == 0);
    }
    op->copied = file->status == 0;
}

static int entry(struct feed *feed, struct dir *dir, const char *name, unsigned char type,
                 uint64_t ino, void *arg)
{
    struct copy *copy = arg;
    struct file *file = new_file(copy, feed, dir, name);

    if (!file)
        return -ENOMEM;
    file->type = type;
    file->ino = ino;
    if (type == DT_REG || type == DT_UNKNOWN)
        return feed_add(feed, file);
    copy_special(copy, file);
    return feed_add_done(feed, file);
}

static const struct walk_ops copy_walk = {.entry = entry, .enter = enter};

/* An operand's name in the destination, and what it was. */
struct copy_made {
    const char *to_name;
    dev_t dev;
    ino_t ino;
    bool is_dir;
};

static int by_name(const void *a, const void *b)
{
    return strcmp(((const struct copy_made *)a)->to_name, ((const struct copy_made *)b)->to_name);
}

/* What an earlier operand has made under the name that this one goes to: NULL, and this one is
 * remembered. -ENOMEM in *rc. */
static const struct copy_made *made_before(struct copy *copy, const struct copy_source *source,
                                           const struct stat *st, int *rc)
{
    struct copy_made *made = malloc(sizeof(*made));
    struct copy_made **at;

    *rc = made ? 0 : -ENOMEM;
    if (!made)
        return NULL;
    *made = (struct copy_made){source->to_name, st->st_dev, st->st_ino, S_ISDIR(st->st_mode)};
    at = tsearch(made, &copy->names, by_name);
    if (!at)
        *rc = -ENOMEM;
    if (!at || *at != made)
        free(made);
    return at && *at != made ? *at : NULL;
}

/* Several operands may go to one name. Files do not overwrite each other; directories are merged,
 * the later one's files over the earlier one's, so these must be finished first. */
static enum refusal collision(struct copy *copy, struct feed *feed,
                              const struct copy_source *source, const struct stat *st, int *rc)
{
    const struct copy_made *made = made_before(copy, source, st, rc);

    if (made && made->dev == st->st_dev && made->ino == st->st_ino)
        return made->is_dir ? REFUSED_DIRECTORY_TWICE : REFUSED_FILE_TWICE;
    if (made && !made->is_dir && !S_ISDIR(st->st_mode))
        return REFUSED_JUST_CREATED;
    /* "." is any name */
    if (made || strcmp(source->to_name, ".") == 0 ||
        tfind(&(struct copy_made){.to_name = "."}, &copy->names, by_name))
        while (feed_drain_half(feed))
            ;
    return REFUSED_NOT;
}

static int copy_source(struct copy *copy, struct feed *feed, const struct copy_source *source)
{
    struct stat st;
    enum refusal refusal = REFUSED_NOT;
    int rc = 0;

    copy->source = source;
    copy->top_dev = 0;
    copy->top_ino = 0;
    if (fstatat(AT_FDCWD, source->name, &st, copy->opts.recursive ? AT_SYMLINK_NOFOLLOW : 0) < 0)
        return fail(copy, feed, copy->cwd, source->name, STEP_STAT, -errno);
    if (S_ISDIR(st.st_mode) && !copy->opts.recursive)
        refusal = REFUSED_DIRECTORY;
    else if (copy->source_count > 1)
        refusal = collision(copy, feed, source, &st, &rc);
    if (rc < 0)
        return rc;
    if (refusal != REFUSED_NOT)
        return refuse(copy, feed, copy->cwd, source->name, refusal);
    if (S_ISDIR(st.st_mode))
        return walk_tree(feed, copy->cwd, source->name, &(struct walk_opts){0}, &copy_walk, copy);
    /* without -r a FIFO or a device is read to its end, as cp does it */
    return entry(feed, copy->cwd, source->name,
                 S_ISREG(st.st_mode)    ? DT_REG
                 : copy->opts.recursive ? (unsigned char)IFTODT(st.st_mode)
                                        : DT_UNKNOWN,
                 st.st_ino, copy);
}

int copy_produce(struct feed *feed, void *arg)
{
    struct copy *copy = arg;
    int rc = 0;

    for (size_t i = 0; i < copy->source_count && rc == 0; i++)
        rc = copy_source(copy, feed, &copy->sources[i]);
    return rc;
}
