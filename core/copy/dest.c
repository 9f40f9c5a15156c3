/* dest.c: a copy's destination. See dest.h. */
#define _GNU_SOURCE
#include "dest.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../base/extents.h"
#include "attr.h"
#include "clone.h"
#include "copy.h"
#include "hard_links.h"
#include "made.h"
#include "offload.h"
#include "overwrite.h"
#include "written.h"
#include "../base/temp.h"
#include "../base/retry.h"

enum {
    /* the smallest hole that is made of zeros: no filesystem here has larger blocks */
    HOLE_BYTES = 4096,
    WAIT_US = 1000, /* for another thread that reads or writes the same file */
};

static const char zeros[64 * 1024];

/* Chooses how the bytes get into the open destination. */
static int choose_way(struct copy *copy, struct file *file, const struct stat *st,
                      struct dest *dest)
{
    struct item *op = file->op;
    int rc;

    if (copy->opts.attributes_only)
        return DEST_MADE;
    rc = clone_file(copy, file, st, dest->source_fd, dest->fd);
    if (rc < 0)
        return rc;
    dest->read_only = rc == 1;
    if (rc == 1) {
        unfinished_extend(&dest->unfinished, (uint64_t)st->st_size);
        /* it has its size, and no bytes are counted; the clone of an empty file sets no times */
        dest->resize &= st->st_size == 0;
        return copy->opts.digest ? DEST_READ : DEST_MADE;
    }
    op->how = HOW_WRITTEN;
    if (S_ISREG(st->st_mode) && dest->regular && copy->opts.sparse != SPARSE_NEVER) {
        dest->sparse = op->sparse = st->st_blocks * 512 < st->st_size;
        dest->zeros_hole = copy->opts.sparse == SPARSE_ALWAYS;
        if (dest->sparse && !extents_are_known(dest->source_fd, st->st_size)) {
            dest->zeros_hole = true; /* all of it is read, then */
            dest->sparse = false;
        }
    }
    dest->resize |= dest->sparse || dest->zeros_hole; /* it may end in a hole */
    if (S_ISREG(st->st_mode) && dest->regular && !dest->zeros_hole && !copy->opts.digest &&
        !copy->rate && copy->opts.clone != CLONE_NEVER && copy->opts.sparse != SPARSE_NEVER)
        dest->offload_end = (uint64_t)st->st_size;
    return DEST_WRITE;
}

/* Opens or creates the destination of a source that no other copy writes over. As dest_open. */
static int open_unshared(struct copy *copy, struct file *file, const struct stat *st,
                         struct dest *dest)
{
    int rc = in_use_read(copy->in_use, &dest->in_use, st) ? dest_create(copy, file, st, dest)
                                                          : DEST_LATER;

    if (rc != DEST_LATER)
        return rc;
    in_use_end(copy->in_use, &dest->in_use);
    if (dest->claimed)
        dest_link_unclaim(copy, st);
    dest->claimed = false; /* another file may claim it before this one asks again */
    return rc;
}

int dest_open(struct copy *copy, struct file *file, int source_fd, struct stat *st, bool wait,
              struct dest *dest)
{
    int rc = overwrite_check_output(copy, file, st);

    *dest = (struct dest){.fd = -1, .source_fd = source_fd};
    if (rc != OVERWRITE_CREATE) {
        dest_give_up_claim(copy, file);
        return rc < 0 ? rc : DEST_MADE;
    }
    do {
        rc = dest_link(copy, file, st, wait, dest);
        dest->source_fd = source_fd;
        if (rc == DEST_MADE && copy->opts.digest && S_ISREG(st->st_mode)) {
            dest->read_only = true; /* the digest of each name is wanted */
            return DEST_READ;
        }
        if (rc == DEST_WRITE && S_ISDIR(st->st_mode))
            return item_refuse(file, REFUSED_DIRECTORY);
        if (rc == DEST_WRITE)
            rc = open_unshared(copy, file, st, dest);
        else if (rc != DEST_LATER)
            return rc;
        if (rc == DEST_LATER && wait) {
            usleep(WAIT_US);
            if (fstat(source_fd, st) < 0)
                return item_fail(file, STEP_STAT);
        }
    } while (rc == DEST_LATER && wait);
    return rc == DEST_WRITE ? choose_way(copy, file, st, dest) : rc;
}

static int write_all(const struct dest *dest, const char *at, size_t len, uint64_t offset)
{
    while (len > 0) {
        ssize_t n = pwrite(dest->fd, at, len, (off_t)offset);
        if (n < 0 && errno == ESPIPE)
            n = write(dest->fd, at, len); /* a FIFO or a terminal: bytes come in order */
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return n < 0 ? -errno : -ENOSPC;
        at += n;
        len -= (size_t)n;
        offset += (uint64_t)n;
    }
    return 0;
}

/* Returns how many of the len bytes from `at` on are all zeros, or all not, in pieces that make
 * holes. */
static size_t run_length(const char *at, size_t len, uint64_t offset, bool *is_zero)
{
    size_t run = 0;

    while (run < len) {
        size_t piece = HOLE_BYTES - (offset + run) % HOLE_BYTES;
        bool zero;
        if (piece > len - run)
            piece = len - run;
        zero = memcmp(at + run, zeros, piece) == 0;
        if (run == 0)
            *is_zero = zero;
        else if (zero != *is_zero)
            break;
        run += piece;
    }
    return run;
}

static int write_some(struct dest *dest, const void *bytes, size_t len, uint64_t offset)
{
    const char *at = bytes;
    int rc = 0;

    assert(dest->fd >= 0);
    unfinished_extend(&dest->unfinished, offset + len);
    if (!dest->zeros_hole)
        return write_all(dest, at, len, offset);
    while (len > 0 && rc == 0) {
        bool is_zero = false;
        size_t run = run_length(at, len, offset, &is_zero);
        if (!is_zero)
            rc = write_all(dest, at, run, offset);
        at += run;
        len -= run;
        offset += run;
    }
    return rc;
}

/* Gives the sink (NULL: none) the bytes that belong at offset, and zeros for a hole before it. 0,
 * or -errno with the file failed. */
static int digest(struct dest *dest, struct sink *sink, struct file *file, const void *bytes,
                  size_t len, uint64_t offset)
{
    int rc = 0;

    while (sink && rc == 0 && dest->digested < offset) {
        uint64_t hole = offset - dest->digested;
        size_t piece = hole < sizeof(zeros) ? (size_t)hole : sizeof(zeros);
        rc = sink->data(sink, file, zeros, piece);
        dest->digested += piece;
    }
    if (sink && rc == 0 && len > 0) {
        assert(dest->digested == offset); /* every byte once, in order */
        rc = sink->data(sink, file, bytes, len);
        dest->digested += len;
    }
    if (rc < 0)
        file_fail(file, STEP_SINK, rc);
    return rc;
}

bool dest_wants_bytes(const struct copy *copy)
{
    return !copy->opts.attributes_only;
}

int dest_take(struct copy *copy, struct dest *dest, const struct delivery *to, struct file *file,
              const void *bytes, size_t len, uint64_t offset)
{
    int rc = digest(dest, to->sink, file, bytes, len, offset);

    if (rc == 0)
        rate_take(copy->rate, len);
    return rc;
}

int dest_put(struct dest *dest, const struct delivery *to, struct file *file, const void *bytes,
             size_t len, uint64_t offset)
{
    int rc;

    if (dest->read_only)
        return 0;
    rc = write_some(dest, bytes, len, offset);
    if (rc < 0)
        file_fail(file, STEP_WRITE, rc);
    else
        to->stats->bytes_written += len;
    return rc;
}

size_t dest_offload(struct file *file, struct dest *dest, uint64_t offset, uint64_t end)
{
    struct item *op = file->op;
    size_t moved;

    if (end > dest->offload_end)
        end = dest->offload_end;
    if (offset >= end)
        return 0;
    unfinished_extend(&dest->unfinished, end);
    moved = offload_cached(dest->source_fd, offset, dest->fd, offset, end - offset);
    assert(moved <= end - offset);
    if (moved > 0)
        op->how = HOW_OFFLOADED;
    else
        dest->offload_end = 0; /* it is not tried again */
    return moved;
}

/* Sets its last size and its metadata, and syncs it. */
static void finish(struct copy *copy, struct file *file, const struct stat *st, struct dest *dest,
                   uint64_t size)
{
    const struct item *op = file->op;
    struct attr_at from = {.fd = dest->source_fd, .no_attributes = dest->no_attributes},
                   to = {.fd = dest->fd};
    struct stat at;
    int rc;

    unfinished_extend(&dest->unfinished, size);
    /* a filesystem without truncation is no obstacle if the size is right already */
    if (dest->resize && ftruncate(dest->fd, (off_t)size) < 0) {
        rc = -errno;
        if (fstat(dest->fd, &at) < 0 || at.st_size != (off_t)size)
            file_fail(file, STEP_SIZE, rc);
    }
    if (file->status == 0 && dest->replaces) {
        rc = attr_inherit(op->to->fd, op->to_name, dest->fd);
        if (rc < 0 && rc != -ENOENT)
            item_report(file, STEP_MODE, rc, false);
    }
    if (dest->created && !dest->replaces && !dest->overtakes && op->to->created)
        to.made_in = op->to;
    if (dest->state == DEST_NAMED)
        to.unfinished = &dest->unfinished;
    to.complete = to.made_in && dest->final_mode && dest->no_attributes &&
                  copy->opts.preserve_mode && made_like(op->to, st);
    if (file->status == 0) /* a copy that replaces a file has that file's mode */
        attr_copy(copy, &from, &to, st, dest->created && !dest->replaces, item_report, file);
    if (file->status == 0 &&
        (copy->opts.sync_files ||
         (copy->opts.sync_linked && (op->via_symlink || !dest->regular))) &&
        fsync(dest->fd) < 0 && (dest->regular || errno != EINVAL)) /* a pipe has no device */
        file_fail(file, STEP_SYNC, -errno);
}

/* Tells if another source of the run has got this name since the file that had it was looked at. */
static bool is_just_created(const struct copy *copy, const struct item *op)
{
    const void *scope = NULL;
    struct stat at;

    return fstatat(op->to->fd, op->to_name, &at, AT_SYMLINK_NOFOLLOW) == 0 &&
           written_find(copy->written, &at, op->to->fd, op->to_name, AT_SYMLINK_NOFOLLOW, &scope) ==
               WRITTEN_CREATED &&
           scope == op->scope;
}

static void take_name(struct file *file, struct dest *dest, int held)
{
    const struct item *op = file->op;
    int rc = temp_name(op->to->fd, op->to_name, TEMP_PREFIX, held, dest->temp,
                       dest->replaces || dest->overtakes, &dest->unfinished);

    dest->temp = NULL;
    dest_to(dest, DEST_NONE);
    if (rc < 0)
        file_fail(file, STEP_CREATE, rc);
}

/* Gives a file that was written without one its name. held: a descriptor of it. */
static void name(const struct copy *copy, struct file *file, struct dest *dest, int held)
{
    const struct item *op = file->op;
    bool takes = dest->replaces || dest->overtakes; /* the name of what is there */
    pthread_mutex_t *lock = takes ? temp_names_lock(op->to->fd) : NULL;

    if (lock)
        pthread_mutex_lock(lock);
    if (lock && is_just_created(copy, op))
        item_refuse(file, REFUSED_JUST_CREATED);
    else
        take_name(file, dest, held);
    if (lock)
        pthread_mutex_unlock(lock);
}

static void drop_temp(const struct item *op, struct dest *dest)
{
    temp_drop(op->to->fd, dest->temp, &dest->unfinished);
    dest->temp = NULL;
    dest_to(dest, DEST_NONE);
}

/* Opens the name again if it has a file of this size. Returns the descriptor, or -1. */
static int open_again(const struct item *op, uint64_t size)
{
    int flags = O_NONBLOCK | O_NOCTTY | O_CLOEXEC | (op->via_symlink ? 0 : O_NOFOLLOW);
    int fd = openat(op->to->fd, op->to_name, O_WRONLY | flags);
    struct stat st;

    if (fd < 0)
        fd = openat(op->to->fd, op->to_name, O_RDONLY | flags); /* by its mode */
    if (fd < 0 || (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && (uint64_t)st.st_size == size))
        return fd;
    close(fd);
    return -1;
}

/* close(2) was interrupted, and has not told whether bytes are lost. Asks again by another
 * descriptor: held, or one of the name. The latter is the only one while it is closed: nothing
 * interrupts the end of the process when that closes the rest. Returns 0 or -errno. */
static int ask_again(const struct item *op, int held, uint64_t size)
{
    int rc = -EINTR;

    if (held >= 0)
        return retry_flush(held);
    for (int i = 0; i < RETRY_MAX && rc == -EINTR; i++) {
        unfinished_may_begin(); /* the end may have interrupted it */
        int fd = open_again(op, size);
        if (fd < 0)
            return -EINTR;
        rc = close(fd) < 0 ? -errno : 0;
    }
    return rc;
}

/* Closes it. A filesystem that is asked for room at close (NFS) may say only now that bytes are
 * lost. held: another descriptor for it, or -1. */
static void close_dest(struct file *file, struct dest *dest, int held, uint64_t size)
{
    bool named = dest->state == DEST_NAMED;
    int rc;

    if (named) /* a temporary name goes in any case */
        unfinished_closing(&dest->unfinished);
    rc = close(dest->fd) < 0 ? -errno : 0;
    if (rc == -EINTR && file->status == 0 && dest->regular)
        rc = ask_again(file->op, held, size);
    if (rc < 0)
        file_fail(file, STEP_CLOSE, rc);
    dest->fd = -1;
    dest_to(dest, named ? DEST_NONE : DEST_CLOSED);
}

/* Takes the source's time away from a file that was there before, after fsync(2) or close(2) has
 * told that bytes are lost: with it another run takes the file for a copy (--update=changed). */
static void spoil_time(const struct item *op, const struct unfinished *claimed)
{
    int flags = op->via_symlink ? 0 : AT_SYMLINK_NOFOLLOW;
    struct stat at;

    if (claimed->listed && !claimed->name && fstatat(op->to->fd, op->to_name, &at, flags) == 0 &&
        at.st_dev == claimed->dev && at.st_ino == claimed->ino)
        (void)utimensat(op->to->fd, op->to_name, NULL, flags);
}

/* Returns another descriptor of a file that gets its name when close(2) has told no error, or -1.
 * With the last one a file without a name would go. So would the lock of a temporary name, and
 * others may remove the file then. */
static int hold(struct file *file, const struct dest *dest)
{
    int held = dest->state == DEST_NAMELESS ? fcntl(dest->fd, F_DUPFD_CLOEXEC, 0) : -1;

    if (held < 0 && dest->state == DEST_NAMELESS && !dest->temp && file->status == 0)
        file_fail(file, STEP_CREATE, -errno);
    return held;
}

/* Learns what the copy is. Noted for seen_copied, which would ask in turn for one after the other.
 */
static void stat_made(struct file *file, const struct dest *dest, struct stat *made)
{
    struct item *op = file->op;

    if (fstat(dest->fd, made) < 0) {
        if (dest->claimed)
            file_fail(file, STEP_STAT_DEST, -errno);
        return;
    }
    op->made_known = !op->via_symlink; /* the link is what is there by that name */
    op->made_dev = made->st_dev;
    op->made_ino = made->st_ino;
}

/* Notes a file that was written over and had one name: it gets more by the run, and may then be
 * written again no more than before. */
static void note_single(struct copy *copy, struct file *file, const struct stat *made)
{
    const struct item *op = file->op;

    if (!op->via_symlink && made->st_nlink == 1 &&
        written_add(copy->written, made, 0, op->scope, WRITTEN_CREATED) < 0)
        file_fail(file, STEP_HARD_LINK, -ENOMEM);
}

void dest_end(struct copy *copy, struct file *file, const struct stat *st, struct dest *dest,
              const struct delivery *to, uint64_t size)
{
    struct item *op = file->op;
    bool opened = dest->fd >= 0;
    struct stat made;
    int held;

    assert(opened == (dest->state != DEST_NONE) && dest->state != DEST_CLOSED);
    if (file->status == 0 && dest->sparse)
        (void)digest(dest, to->sink, file, NULL, 0, size);
    if (opened) {
        if (file->status == 0)
            finish(copy, file, st, dest, size);
        if (file->status == 0 && dest->state == DEST_NAMELESS) {
            int rc = dest_note_created(copy, op, dest->fd);
            if (rc < 0)
                file_fail(file, STEP_CREATE, rc);
        }
        if (file->status == 0 && (dest->claimed || op->place))
            stat_made(file, dest, &made);
        if (file->status == 0 && dest->claimed && !dest->created)
            note_single(copy, file, &made);
        if (file->status < 0)
            unfinished_unlink(&dest->unfinished);
        held = hold(file, dest);
        close_dest(file, dest, held, size);
        if (file->status == 0 && dest->state == DEST_CLOSED)
            name(copy, file, dest, held);
        if (held >= 0)
            close(held);
        if (file->status < 0 && dest->state == DEST_CLOSED)
            drop_temp(op, dest);
        else if (file->status < 0)
            unfinished_unlink(&dest->unfinished);
        if (file->status < 0 && copy->opts.preserve_times)
            spoil_time(op, &dest->unfinished);
        unfinished_end(&dest->unfinished);
    }
    /* not before close(2): the other names would be linked to a file that is not complete */
    if (dest->claimed)
        dest_link_resolve(copy, file, st, opened && file->status == 0 ? &made : NULL,
                          dest->created);
    dest->claimed = false;
    in_use_end(copy->in_use, &dest->in_use);
    assert(dest->state == DEST_NONE && !dest->temp && !dest->unfinished.listed);
    op->copied = file->status == 0 && !op->skipped;
    op->to_regular = dest->regular || !opened;
    op->from_regular = S_ISREG(st->st_mode);
    op->hashed = op->copied && copy->opts.digest && (op->from_regular || opened);
    if (op->hashed && dest_link_possible(copy, file, st))
        op->link = hard_links_find(copy->links, st);
}
