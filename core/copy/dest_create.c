/* dest_create.c: creates a copy's destination, or opens what is there. See dest.h.
 *
 * One file has one writer. Within the run the list of unfinished files tells; a lock tells other
 * processes (writer_lock.h). The run does not write over what it reads (in_use.h). So what exists
 * is opened without O_TRUNC, and is emptied only when it is known to be ours alone. */
#define _GNU_SOURCE
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "../base/filesystem.h"
#include "../base/path.h"
#include "../base/statx.h"
#include "attr.h"
#include "copy.h"
#include "dest.h"
#include "entry.h"
#include "made.h"
#include "overwrite.h"
#include "../base/temp.h"
#include "writer_lock.h"
#include "written.h"
#include "../base/retry.h"

enum {
    /* On a remote filesystem a lock is a round trip to the server, and giving it up another one: it
     * is taken for files that take longer than that to write. */
    REMOTE_LOCK_MIN = 1024 * 1024,
};

void dest_to(struct dest *dest, enum dest_state state)
{
    static const unsigned next[] = {
        [DEST_NONE] = 1 << DEST_NAMED | 1 << DEST_NAMELESS,
        [DEST_NAMED] = 1 << DEST_NONE,
        [DEST_NAMELESS] = 1 << DEST_CLOSED,
        [DEST_CLOSED] = 1 << DEST_NONE,
    };
    bool is_open = state == DEST_NAMED || state == DEST_NAMELESS;

    assert(next[dest->state] & 1u << state);
    assert((dest->fd >= 0) == is_open);
    assert(!dest->temp || state == DEST_NAMELESS || state == DEST_CLOSED);
    dest->state = state;
}

/* Returns the rights of a new file while it is being written. Until it has the right owner, only
 * its owner may use it. If this user is the right owner, the file gets its final mode at once if
 * that gives no user more than in the end: its group is known to be the right one, or has the
 * rights of all users. Then the mode is not changed again, which takes as long as setting the
 * times. Without --preserve=mode the umask counts below a default ACL, too, though the kernel
 * ignores it there. (A FIFO's mode does not protect the bytes that come through it.) */
static mode_t first_mode(const struct copy *copy, const struct item *op, const struct stat *st,
                         struct dest *dest)
{
    mode_t mode = st->st_mode & (S_IRWXU | S_IRWXG | S_IRWXO);

    if (!copy->opts.preserve_owner)
        return mode;
    if (S_ISREG(st->st_mode) && st->st_uid == copy->euid &&
        (copy->opts.preserve_mode || !(mode & (S_IRWXG | S_IRWXO) & copy->umask)) &&
        (((mode >> 3) & S_IRWXO) == (mode & S_IRWXO) || made_with_group(op->to, st->st_gid))) {
        dest->no_attributes = attr_none(&(struct attr_at){.fd = dest->source_fd});
        dest->final_mode = dest->no_attributes;
    }
    return dest->final_mode ? mode : mode & S_IRWXU;
}

/* Tells whether the destination is locked against other processes. */
static bool is_locked(const struct item *op, int fd, uint64_t size)
{
    bool remote = op->to->medium == DIR_UNKNOWN ? filesystem_is_remote(fd)
                                                : op->to->medium == DIR_REMOTE;

    return !remote || size >= REMOTE_LOCK_MIN;
}

/* Locks a file that was just created. Returns false if another process has it, or has written it
 * before it was locked. */
static bool lock_created(const struct item *op, int fd, uint64_t size)
{
    return !is_locked(op, fd, size) ||
           (writer_lock(fd, true) == WRITER_SELF && lseek(fd, 0, SEEK_END) <= 0);
}

/* Locks an existing file, whose status was *st. If the lock is ours, updates *st: its maker may
 * have completed or removed the file meanwhile. */
static enum writer lock_existing(const struct item *op, int fd, uint64_t size, struct stat *st)
{
    enum writer writer = WRITER_SELF;

    if (!is_locked(op, fd, size))
        return writer;
    writer = writer_lock(fd, false);
    if (writer == WRITER_SELF)
        (void)fstat(fd, st); /* if that fails, what was known before holds */
    return writer;
}

static void close_again(struct dest *dest)
{
    unfinished_closing(&dest->unfinished);
    close(dest->fd);
    dest->fd = -1;
    dest_to(dest, DEST_NONE);
    unfinished_end(&dest->unfinished);
}

/* Opens a temporary file, for a destination that another process is making: ours gets the name when
 * it is complete. Until then the other one's has it, and it stays if we do not come that far.
 * Returns DEST_WRITE, or -errno with the file failed. */
static int overtake(struct copy *copy, struct file *file, const struct stat *from,
                    struct dest *dest)
{
    const struct item *op = file->op;
    int rc = temp_open(op->to->fd, op->to_name, TEMP_PREFIX, first_mode(copy, op, from, dest),
                       &dest->temp, &dest->unfinished);

    if (rc < 0) {
        file_fail(file, STEP_CREATE, rc);
        return rc;
    }
    dest->fd = rc;
    dest_to(dest, DEST_NAMELESS);
    dest->created = dest->regular = dest->overtakes = true;
    return DEST_WRITE;
}

/* Notes a file that is written over. One that is reached through a link may be written again.
 * Returns 0 or -ENOMEM. */
static int note_taken(struct copy *copy, struct file *file, const struct stat *st, int64_t birth_ns,
                      int fd)
{
    const struct item *op = file->op;
    enum written_how how = overwrite_note_digest(copy, file, st, fd, NULL);

    if (!op->via_symlink)
        return written_add(copy->written, st, birth_ns, op->scope, WRITTEN_OVER);
    return copy->opts.digest && how == WRITTEN_NONE
               ? written_add(copy->written, st, birth_ns, NULL, WRITTEN_OVER)
               : 0;
}

/* Empties a file. Some FUSE filesystems have no truncation, but know O_TRUNC. Returns 0, or -1 with
 * errno. */
static int empty(int fd)
{
    char path[sizeof("/proc/self/fd/") + 3 * sizeof(fd)];
    int error, again;

    if (ftruncate(fd, 0) == 0)
        return 0;
    error = errno;
    (void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
    again = open(path, O_WRONLY | O_TRUNC | O_NONBLOCK | O_CLOEXEC);
    if (again >= 0)
        close(again);
    errno = error;
    return again < 0 ? -1 : 0;
}

enum taken {
    TAKEN,          /* it is empty, and ours */
    TAKEN_LATER,    /* the run is writing it by another name, or reading it */
    TAKEN_OVERTAKE, /* another process is making it */
    TAKEN_GONE,     /* another process, or the run by another path, has removed it */
    TAKEN_FAILED,   /* it could not be emptied: errno */
    TAKEN_REFUSED,  /* the file has failed */
};

/* Tells whether the name still leads to that file. */
static bool has_name(const struct item *op, const struct stat *st)
{
    struct stat at;

    return fstatat(op->to->fd, op->to_name, &at, AT_SYMLINK_NOFOLLOW) == 0 &&
           entry_same_inode(&at, st);
}

/* Takes an existing regular file that is open and claimed. moved: the run has taken some file's
 * name since it was opened. */
static enum taken take_claimed(struct copy *copy, struct file *file, const struct stat *from,
                               const struct stat *st, int64_t birth_ns, bool moved,
                               struct dest *dest)
{
    const struct item *op = file->op;
    struct stat now = *st;
    enum writer writer;

    if (!op->via_symlink && moved && !has_name(op, st))
        return TAKEN_GONE;
    if (!op->via_symlink && overwrite_collides(copy, op, st)) { /* made since that was decided */
        item_refuse(file, REFUSED_JUST_CREATED);
        return TAKEN_REFUSED;
    }
    writer = lock_existing(op, dest->fd, (uint64_t)from->st_size, &now);
    if (writer == WRITER_CREATES && !op->via_symlink)
        return TAKEN_OVERTAKE;
    if (writer != WRITER_SELF) {
        item_refuse(file, REFUSED_BEING_WRITTEN);
        return TAKEN_REFUSED;
    }
    if (st->st_nlink > 0 && now.st_nlink == 0) /* some filesystems count no links */
        return TAKEN_GONE;
    /* without a lock another thread may have completed it since that size was seen */
    if (now.st_size == 0 && is_locked(op, dest->fd, (uint64_t)from->st_size))
        dest->resize = true;
    else if (empty(dest->fd) < 0)
        return TAKEN_FAILED;
    if (note_taken(copy, file, st, birth_ns, dest->fd) < 0) {
        file_fail(file, STEP_OPEN_DEST, -ENOMEM);
        return TAKEN_REFUSED;
    }
    return TAKEN;
}

/* Takes an existing regular file that is open, to write it over. moves: how many names the run had
 * taken away before that. */
static enum taken take_over(struct copy *copy, struct file *file, const struct stat *from,
                            const struct stat *st, int64_t birth_ns, unsigned moves,
                            struct dest *dest)
{
    pthread_mutex_t *lock;
    enum taken taken;

    if (!unfinished_claim(&dest->unfinished, dest->fd, st) ||
        !in_use_write(copy->in_use, &dest->in_use, st))
        return TAKEN_LATER;
    if (!copy->written)
        return take_claimed(copy, file, from, st, birth_ns, false, dest);
    if (st->st_ctim.tv_sec >= copy->begun) /* its maker may not have noted it yet */
        written_settle(copy->written);
    lock = written_lock(copy->written, st);
    pthread_mutex_lock(lock);
    taken = take_claimed(copy, file, from, st, birth_ns, written_moves(copy->written) != moves,
                         dest);
    pthread_mutex_unlock(lock);
    return taken;
}

/* Opens what is there by its name. If a FIFO has replaced the regular file, that does not wait for
 * a reader, and is ENXIO. Returns the descriptor, or -1 with errno. */
static int open_by_name(const struct copy *copy, const struct item *op, bool regular, mode_t mode)
{
    /* a link that was put there since we looked is not followed */
    int flags = O_WRONLY | O_CLOEXEC | O_NOCTTY | (op->via_symlink ? 0 : O_NOFOLLOW) |
                (op->via_symlink && copy->opts.through_dangling ? O_CREAT : 0);
    int fd = openat(op->to->fd, op->to_name, flags | (regular ? O_NONBLOCK : 0), mode);

    if (fd < 0 && errno == EAGAIN && regular) /* another process has a lease on it */
        fd = openat(op->to->fd, op->to_name, flags, mode);
    return fd;
}

/* Besides the dest_routes. */
enum {
    EXISTING_REMOVED = DEST_LATER + 1, /* by --force, because it could not be opened */
    EXISTING_GONE,                     /* it has been removed */
};

/* Opens an existing file; regular: it was a regular file when it was last seen. Returns DEST_WRITE,
 * DEST_LATER, EXISTING_REMOVED, EXISTING_GONE, or -errno with the file failed. */
static int open_existing(struct copy *copy, struct file *file, const struct stat *from,
                         bool regular, struct dest *dest)
{
    struct item *op = file->op;
    unsigned moves = copy->written ? written_moves(copy->written) : 0;
    enum taken taken = TAKEN_FAILED;
    int64_t birth_ns;
    struct stat st;
    int error;

    dest->fd = open_by_name(copy, op, regular, first_mode(copy, op, from, dest));
    if (dest->fd >= 0) {
        dest_to(dest, DEST_NAMED);
        taken = TAKEN;
        if (statx_birth(dest->fd, NULL, 0, &st, &birth_ns) < 0) {
            item_fail(file, STEP_OPEN_DEST);
            taken = TAKEN_REFUSED;
        }
        dest->regular = taken == TAKEN && S_ISREG(st.st_mode);
        if (taken == TAKEN && !dest->regular && regular && fcntl(dest->fd, F_SETFL, 0) < 0) {
            item_fail(file, STEP_OPEN_DEST);
            taken = TAKEN_REFUSED;
        }
        if (dest->regular && !copy->opts.attributes_only)
            taken = take_over(copy, file, from, &st, birth_ns, moves, dest);
        if (taken == TAKEN)
            return DEST_WRITE;
    }
    error = errno;
    in_use_end_write(copy->in_use, &dest->in_use);
    if (dest->fd >= 0)
        close_again(dest);
    if (taken == TAKEN_LATER)
        return DEST_LATER;
    if (taken == TAKEN_OVERTAKE)
        return overtake(copy, file, from, dest);
    if (taken == TAKEN_GONE)
        return EXISTING_GONE;
    if (taken == TAKEN_REFUSED)
        return file->status;
    errno = error;
    if (!copy->opts.force || errno == ENOENT)
        return item_fail(file, STEP_OPEN_DEST);
    if (overwrite_remove(copy, file) < 0)
        return file->status;
    op->replaced = op->removed_late = true;
    return EXISTING_REMOVED;
}

/* Fails the file in the right step: the destination could not be looked up, or not be created. */
static int create_failed(const struct copy *copy, struct file *file)
{
    const struct item *op = file->op;
    int status = errno;
    struct stat at;

    /* two sources have one name: like cp, does not look what is there */
    if (op->to->created)
        return item_fail(file, STEP_CREATE);
    if (fstatat(op->to->fd, op->to_name, &at, 0) < 0) {
        if (errno != ENOENT)
            return overwrite_stat_failed(copy, file);
    } else if (S_ISDIR(at.st_mode)) {
        return item_refuse(file, REFUSED_OVER_DIRECTORY);
    }
    /* a new name with a slash at its end */
    errno = status == EISDIR ? ENOTDIR : status;
    return item_fail(file, STEP_CREATE);
}

int dest_note_created(struct copy *copy, const struct item *op, int fd)
{
    int64_t birth_ns;
    struct stat made;

    /* a later operand may come to a directory that was made, and write over what has been digested
     */
    if (!copy->written || (op->to->created && !(copy->opts.digest && copy->source_count > 1)))
        return 0;
    if (statx_birth(fd, NULL, 0, &made, &birth_ns) < 0)
        return -errno;
    return written_add(copy->written, &made, birth_ns, op->scope, WRITTEN_CREATED);
}

/* Creates it. Returns 0, -EEXIST, or another -errno. *lost: another process, or another thread of
 * the run, has taken the new file for an existing one. It keeps the file, even if a signal comes.
 */
static int create(struct copy *copy, const struct file *file, const struct stat *st,
                  struct dest *dest, bool *lost)
{
    const struct item *op = file->op;
    /* in a directory that the run has made nothing is moved away */
    struct written *noted = op->to->created ? NULL : copy->written;
    int rc = 0;

    unfinished_begin();
    written_begin(noted);
    dest->fd = openat(op->to->fd, op->to_name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC,
                      first_mode(copy, op, st, dest));
    if (dest->fd < 0)
        rc = -errno;
    else if (!lock_created(op, dest->fd, (uint64_t)st->st_size))
        *lost = true;
    else
        rc = dest_note_created(copy, op, dest->fd);
    written_end(noted);
    *lost |= !unfinished_created(&dest->unfinished, op->to->fd,
                                 dest->fd < 0 || *lost ? NULL : op->to_name, dest->fd);
    if (dest->fd < 0)
        return rc;
    dest_to(dest, DEST_NAMED);
    dest->created = dest->regular = true;
    return rc;
}

/* Creates the destination; if its name exists, looks at that, and opens it. Returns
 * DEST_WRITE; DEST_MADE for a file that is left as it is; DEST_LATER; EXISTING_GONE: try again; or
 * -errno with the file failed. */
static int create_or_open(struct copy *copy, struct file *file, const struct stat *st,
                          struct dest *dest)
{
    struct item *op = file->op;
    bool lost = false, decided = op->overwrite_decided;
    int rc = create(copy, file, st, dest, &lost);
    struct stat at;

    if (rc == -EEXIST && !op->to->created) {
        rc = decided ? OVERWRITE_WRITE : overwrite_decide(copy, file, st, &at);
        if (rc < 0 || rc == OVERWRITE_SKIP || rc == OVERWRITE_LATER)
            return rc < 0 ? rc : rc == OVERWRITE_LATER ? DEST_LATER : DEST_MADE;
        if (rc == OVERWRITE_CREATE && op->dangling)
            return overwrite_refuse_dangling(file);
        if (rc == OVERWRITE_WRITE) {
            /* as decided: a FIFO that another source has made since is not waited for */
            rc = open_existing(copy, file, st, op->over_regular, dest);
            if (rc != EXISTING_REMOVED)
                return rc;
        }
        rc = create(copy, file, st, dest, &lost);
    }
    if (lost) {
        dest->created = false;
        close_again(dest);
        return item_refuse(file, REFUSED_BEING_WRITTEN);
    }
    if (rc < 0 && dest->fd >= 0) {
        file_fail(file, STEP_CREATE, rc);
        unfinished_unlink(&dest->unfinished);
        close_again(dest);
        return rc;
    }
    if (rc < 0) {
        errno = -rc;
        return create_failed(copy, file);
    }
    return DEST_WRITE;
}

/* Does the same for a file that must appear complete or not at all. */
static int open_atomic(struct copy *copy, struct file *file, const struct stat *st,
                       struct dest *dest)
{
    const struct item *op = file->op;
    struct stat at;
    mode_t mode;
    int rc = overwrite_decide(copy, file, st, &at);

    if (rc < 0 || rc == OVERWRITE_SKIP || rc == OVERWRITE_LATER)
        return rc < 0 ? rc : rc == OVERWRITE_LATER ? DEST_LATER : DEST_MADE;
    if (rc == OVERWRITE_CREATE && op->dangling)
        return overwrite_refuse_dangling(file);
    if (rc == OVERWRITE_WRITE && (op->via_symlink || !S_ISREG(at.st_mode)))
        return item_refuse(file, REFUSED_NOT_REPLACEABLE);
    dest->replaces = rc == OVERWRITE_WRITE;
    mode = first_mode(copy, op, st, dest);
    if (dest->replaces)
        mode &= S_IRWXU; /* until it has what the other file has */
    rc = temp_open(op->to->fd, op->to_name, TEMP_PREFIX, mode, &dest->temp, &dest->unfinished);
    if (rc < 0) {
        errno = -rc;
        return create_failed(copy, file);
    }
    dest->fd = rc;
    dest_to(dest, DEST_NAMELESS);
    dest->created = dest->regular = true;
    return DEST_WRITE;
}

int dest_create(struct copy *copy, struct file *file, const struct stat *st, struct dest *dest)
{
    const struct item *op = file->op;
    /* for attributes only, a file that is there must keep its contents; to a name with a slash at
     * its end no file can be written, and the kernel tells why */
    bool atomic = copy->opts.atomic && !copy->opts.attributes_only && *path_last(op->to_name);
    int rc;

    do
        rc = atomic ? open_atomic(copy, file, st, dest) : create_or_open(copy, file, st, dest);
    while (rc == EXISTING_GONE);
    assert((rc == DEST_WRITE) == (dest->state == DEST_NAMED || dest->state == DEST_NAMELESS));
    return rc;
}
