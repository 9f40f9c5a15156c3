/* manifest.c: --update: digests new and changed files, and rewrites the manifest.
 *
 * A manifest is a check file with a comment in front of each file's line, or lines:
 *
 *     #: SIZE MTIME CTIME INODE
 *     DIGEST  NAME
 *
 * both times in nanoseconds. Every command that reads check files passes over comments. A file is
 * taken to be what it was while all four numbers are the same: ctime cannot be set by hand.
 *
 * A file without a comment is read again by the next run. No comment is written
 * - if the file changed while it was read;
 * - if it changed so shortly before that another change might have got the same time;
 * - if it has dirty pages, whose changes may not show in the times. */
#define _GNU_SOURCE
#include "manifest.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "manifest_read.h"
#include "name_set.h"
#include "print.h"
#include "gone_trees.h"
#include "../../core/base/cache.h"
#include "../../core/base/leased.h"
#include "../cli/atomic.h"
#include "../cli/messages.h"
#include "../cli/quote.h"
#include "../../core/base/retry.h"

enum {
    SECOND_NS = 1000000000,
    /* Files' times are the clock's at its last tick: 10 ms ago with the slowest of Linux. */
    TICK_NS = 100000000,
    /* In whole seconds or pairs of them, as some filesystems keep them. */
    COARSE_TICK_NS = 2 * SECOND_NS,
};

struct manifest_counts {
    uint64_t new, changed, unchanged, removed;
    uint64_t unreadable; /* these keep their lines */
    uint64_t mismatched; /* --verify: other bytes, though nothing says that they were changed */
};

struct manifest {
    struct manifest_reader produce, retire;
    struct name_set *old; /* the old manifest's; number: offset * 2, + 1 once it has been met */
    struct cli_atomic *file;
    FILE *out;
    struct stat own[2];    /* the manifest, old and new: it does not list itself */
    struct name_set *lost; /* files and directories that could not be read */
    struct gone_trees *gone;
    struct manifest_counts counts;
    bool is_refused;     /* the old manifest stays */
    bool names_are_lost; /* the list of names could not be read to its end */
};

static bool same_file(const struct stat *a, const struct stat *b)
{
    return a->st_ino == b->st_ino && a->st_dev == b->st_dev;
}

/* Reads the old manifest's names. Exits if it is something else: that must not be replaced. */
static void read_old(struct ahash *ahash)
{
    struct manifest *manifest = ahash->manifest;
    struct manifest_reader *reader = &manifest->produce;
    const char *name = cli_quote_maybe(ahash->update_path);
    int rc;

    while ((rc = manifest_read(ahash, reader)) == 1)
        name_set_put(manifest->old, reader->entry.name, reader->entry.at * 2);
    if (rc == -EINVAL)
        cli_fatal(0, "%s: %" PRIu64 ": improperly formatted %s%schecksum line: not updated", name,
                  reader->line_number, ahash->tag ? ahash->tag : "", ahash->tag ? " " : "");
    if (rc < 0)
        cli_fatal(-rc, "%s", name);
    /* blank lines and comments alone do not make a manifest */
    if (name_set_count(manifest->old) == 0 && !reader->has_header && manifest->own[0].st_size > 0)
        cli_fatal(0, "%s: no properly formatted checksum lines found: not updated", name);
    manifest->retire.lines = reader->lines; /* it can meet a line first that is ambiguous */
}

void manifest_open(struct ahash *ahash)
{
    struct manifest *manifest = calloc(1, sizeof(*manifest));
    int rc;

    if (!manifest)
        cli_fatal(0, "memory exhausted");
    ahash->manifest = manifest;
    manifest->old = name_set_new();
    manifest->lost = name_set_new();
    manifest->gone = gone_trees_new();
    manifest_reader_open(ahash, &manifest->produce);
    manifest_reader_open(ahash, &manifest->retire);
    if (manifest->produce.stream) {
        (void)fstat(fileno(manifest->produce.stream), &manifest->own[0]);
        read_old(ahash);
    }
    rc = cli_atomic_open(&manifest->file, ahash->update_path);
    if (rc < 0)
        cli_fatal(-rc, "cannot create %s", cli_quote(ahash->update_path));
    manifest->out = cli_atomic_stream(manifest->file);
    (void)fstat(fileno(manifest->out), &manifest->own[1]);
    /* the name of an open descriptor, as /dev/stdout is: lines would be added to the old ones */
    if (same_file(&manifest->own[0], &manifest->own[1]))
        cli_fatal(0, "cannot update %s: not a name that can be replaced",
                  cli_quote(ahash->update_path));
    fprintf(manifest->out,
            "%s; \"%sSIZE MTIME CTIME INODE\" is the state in which "
            "the file in the next line was read\n",
            manifest_header, manifest_meta_prefix);
}

bool manifest_is_itself(const struct ahash *ahash, const struct stat *st)
{
    const struct stat *own = ahash->manifest->own;

    for (int i = 0; i < 2; i++)
        if (own[i].st_ino != 0 && same_file(&own[i], st))
            return true;
    return false;
}

void manifest_add_tree(struct ahash *ahash, const char *name)
{
    gone_trees_add(ahash->manifest->gone, name);
}

static int64_t timespec_ns(const struct timespec *ts)
{
    return (int64_t)((uint64_t)ts->tv_sec * SECOND_NS + (uint64_t)ts->tv_nsec);
}

static struct ahash_meta meta_of(const struct stat *st)
{
    return (struct ahash_meta){(uint64_t)st->st_size, timespec_ns(&st->st_mtim),
                               timespec_ns(&st->st_ctim), (uint64_t)st->st_ino};
}

static bool same_meta(const struct ahash_meta *a, const struct ahash_meta *b)
{
    return a->size == b->size && a->mtime_ns == b->mtime_ns && a->ctime_ns == b->ctime_ns &&
           a->ino == b->ino;
}

/* Returns true if a change from now on would show in the times. */
static bool is_settled(const struct ahash_meta *meta)
{
    int64_t tick = meta->ctime_ns % SECOND_NS == 0 ? COARSE_TICK_NS : TICK_NS;
    struct timespec now;

    clock_gettime(CLOCK_REALTIME, &now);
    return meta->ctime_ns < timespec_ns(&now) - tick;
}

/* Makes a write through a mapping from now on show in the file's times. Linux sets them when a page
 * is written to that is clean, not again while it is dirty. Returns false if pages stay dirty. */
static bool is_clean(const struct file *file)
{
    int flags = O_RDONLY | O_CLOEXEC | O_NOCTTY | (file->dir->may_follow ? 0 : O_NOFOLLOW);
    int fd = leased_open_first(file->dir->fd, file->name, flags);
    int64_t dirty = fd < 0 ? 0 : cache_dirty(fd);

    /* a page that is being written to the disk is protected: that need not be waited for */
    if (dirty != 0 &&
        sync_file_range(fd, 0, 0, SYNC_FILE_RANGE_WAIT_BEFORE | SYNC_FILE_RANGE_WRITE) == 0 &&
        dirty > 0)
        dirty = cache_dirty(fd);
    if (fd >= 0)
        close(fd);
    return dirty <= 0; /* before Linux 6.5 there is no telling */
}

/* Takes what the old manifest has of a file; number is that of its name. True: the file is as it
 * was. */
static bool is_kept(struct ahash *ahash, struct file *file, uint64_t *number)
{
    struct manifest *manifest = ahash->manifest;
    struct manifest_entry *entry = &manifest->produce.entry;
    struct ahash_item *item = ahash_item(ahash, file);
    struct hash_result *results = file->op;

    item->old_at = *number / 2 + 1;
    *number |= 1;
    if (!manifest_read_at(ahash, &manifest->produce, *number / 2)) {
        item->old_at = 0;
        return false;
    }
    item->unchanged = entry->has_meta && manifest_entry_is_complete(ahash, entry) &&
                      same_meta(&entry->meta, &item->meta);
    if (!item->unchanged || ahash->verify)
        return false;
    for (size_t i = 0; i < ahash->algorithms.chosen_len; i++)
        memcpy(results[i].digest, entry->results[i].digest, DIGEST_BYTES_MAX);
    item->kind = AHASH_KEPT;
    item->has_meta = true;
    return true;
}

bool manifest_look_up(struct ahash *ahash, struct file *file, const struct stat *st)
{
    struct manifest *manifest = ahash->manifest;
    struct ahash_item *item = ahash_item(ahash, file);
    char *path = file_path(file);
    uint64_t *number;

    if (!path)
        cli_fatal(0, "memory exhausted");
    number = name_set_find(manifest->old, path);
    free(path);
    item->meta = meta_of(st);
    item->has_meta = S_ISREG(st->st_mode) && is_settled(&item->meta);
    if (number && is_kept(ahash, file, number))
        return true;
    item->has_meta = item->has_meta && is_clean(file);
    return false;
}

static void write_entry(const struct ahash *ahash, const char *name, const struct ahash_meta *meta,
                        const struct hash_result *results)
{
    struct checksum_format format = ahash->format;
    FILE *out = ahash->manifest->out;

    if (meta)
        fprintf(out, "%s%" PRIu64 " %" PRId64 " %" PRId64 " %" PRIu64 "\n", manifest_meta_prefix,
                meta->size, meta->mtime_ns, meta->ctime_ns, meta->ino);
    for (size_t i = 0; i < ahash->algorithms.chosen_len; i++) {
        const struct digest *algorithm = ahash->algorithms.chosen[i];
        if (ahash->tagged)
            format.tag = digest_tag(algorithm);
        checksum_line_print(out, &format, results[i].digest, digest_bytes(algorithm), name);
    }
}

static void write_old(const struct ahash *ahash, const struct manifest_entry *entry)
{
    if (manifest_entry_is_complete(ahash, entry))
        write_entry(ahash, entry->name, entry->has_meta ? &entry->meta : NULL, entry->results);
}

static void write_new(const struct ahash *ahash, const struct file *file, const char *name)
{
    const struct ahash_item *item = ahash_item(ahash, file);

    write_entry(ahash, name, item->has_meta ? &item->meta : NULL, file->op);
}

static bool same_digests(const struct ahash *ahash, const struct file *file,
                         const struct manifest_entry *entry)
{
    const struct hash_result *results = file->op;

    for (size_t i = 0; i < ahash->algorithms.chosen_len; i++)
        if (memcmp(results[i].digest, entry->results[i].digest,
                   digest_bytes(ahash->algorithms.chosen[i])) != 0)
            return false;
    return manifest_entry_is_complete(ahash, entry);
}

/* Keeps what the old manifest has of a file or directory that could not be read: an error that
 * passes must not lose digests. */
static void retire_failed(struct ahash *ahash, const struct file *file, const char *name)
{
    struct manifest *manifest = ahash->manifest;
    const struct ahash_item *item = ahash_item(ahash, file);

    ahash_report(ahash, file);
    if (file->step == STEP_REFUSED) {
        manifest->is_refused = true;
        return;
    }
    manifest->counts.unreadable++;
    if (file->status == -ENOENT && file->dir->path_len > 0) /* gone since the walk met it */
        return;
    if (item->old_at && manifest_read_at(ahash, &manifest->retire, item->old_at - 1))
        write_old(ahash, &manifest->retire.entry);
    else
        name_set_put(manifest->lost, name, 0);
}

static void print_change(const struct ahash *ahash, const char *name, const char *status,
                         const char *text)
{
    if (ahash->verbose)
        ahash_print_status(ahash, name, status, text);
}

/* Warns of new content with the old size and mtime, which most programs take for the same. */
static void warn_if_silent(const struct ahash *ahash, const struct ahash_item *item,
                           const struct manifest_entry *old, const char *name)
{
    if (manifest_entry_is_complete(ahash, old) && old->has_meta &&
        old->meta.size == item->meta.size && old->meta.mtime_ns == item->meta.mtime_ns)
        cli_message(0, "WARNING: %s: content has changed, but not size and mtime",
                    cli_quote_maybe(name));
}

static void retire_read(struct ahash *ahash, struct file *file, const char *name)
{
    struct manifest *manifest = ahash->manifest;
    struct ahash_item *item = ahash_item(ahash, file);
    struct ahash_meta now;
    struct stat st;
    bool same = false;

    if (item->old_at && manifest_read_at(ahash, &manifest->retire, item->old_at - 1))
        same = same_digests(ahash, file, &manifest->retire.entry);
    else
        item->old_at = 0;
    if (item->unchanged && !same && item->old_at) {
        ahash_print_status(ahash, name, "failed", "FAILED");
        manifest->counts.mismatched++;
        ahash->failed = true;
        write_old(ahash, &manifest->retire.entry);
        return;
    }
    if (same) {
        manifest->counts.unchanged++;
    } else if (item->old_at) {
        manifest->counts.changed++;
        print_change(ahash, name, "changed", "CHANGED");
        warn_if_silent(ahash, item, &manifest->retire.entry, name);
    } else {
        manifest->counts.new ++;
        print_change(ahash, name, "new", "NEW");
    }
    if (item->has_meta) {
        item->has_meta = fstatat(file->dir->fd, file->name, &st,
                                 file->dir->may_follow ? 0 : AT_SYMLINK_NOFOLLOW) == 0;
        now = meta_of(&st);
        item->has_meta = item->has_meta && same_meta(&now, &item->meta);
    }
    write_new(ahash, file, name);
}

void manifest_retire(struct ahash *ahash, struct file *file)
{
    char *path = file_path(file);

    if (!path)
        cli_fatal(0, "memory exhausted");
    if (file->status == 0 && !manifest_can_list(ahash, path))
        file_fail(file, STEP_OPEN, -ENAMETOOLONG);
    if (file->status < 0) {
        retire_failed(ahash, file, path);
    } else if (ahash_item(ahash, file)->kind == AHASH_KEPT) {
        ahash->manifest->counts.unchanged++;
        write_new(ahash, file, path);
    } else {
        retire_read(ahash, file, path);
    }
    free(path);
}

void manifest_lose_names(struct ahash *ahash)
{
    ahash->manifest->names_are_lost = true;
}

/* Returns true if the name, or a directory above it, may not have been read. */
static bool is_lost(struct manifest *manifest, char *name)
{
    char *slash = name + strlen(name);
    bool lost = manifest->names_are_lost || name_set_find(manifest->lost, name);

    while (!lost && (slash = memrchr(name, '/', (size_t)(slash - name))) != NULL && slash > name) {
        *slash = 0;
        lost = name_set_find(manifest->lost, name);
        *slash = '/';
    }
    return lost || name_set_find(manifest->lost, *name == '/' ? "/" : ".");
}

/* Handles old entries whose files were not met: they are gone, or their directory could not be
 * read. */
static void finish_old(struct ahash *ahash)
{
    struct manifest *manifest = ahash->manifest;
    struct manifest_reader *reader = &manifest->retire;
    int rc;

    if (!reader->stream)
        return;
    manifest_rewind(reader);
    while ((rc = manifest_read(ahash, reader)) == 1) {
        const uint64_t *number = name_set_find(manifest->old, reader->entry.name);
        bool is_gone = false;
        if (!number || *number % 2 == 0) {
            is_gone = !is_lost(manifest, reader->entry.name);
            if (!is_gone)
                write_old(ahash, &reader->entry);
        }
        gone_trees_count(manifest->gone, reader->entry.name, is_gone);
        if (is_gone) {
            manifest->counts.removed++;
            print_change(ahash, reader->entry.name, "removed", "REMOVED");
        }
    }
    /* its lines were right before */
    if (rc == -EINVAL || manifest_is_written(reader, &manifest->own[0]))
        cli_message(0, "%s: changed while it was read", cli_quote_maybe(ahash->update_path));
    else if (rc < 0)
        cli_message(-rc, "%s", cli_quote_maybe(ahash->update_path));
    else if (manifest->produce.has_failed || manifest->retire.has_failed)
        cli_message(EIO, "%s", cli_quote_maybe(ahash->update_path));
    else
        return;
    manifest->is_refused = true;
}

/* Returns true, and reports the reason, if the new manifest must not replace the old one. */
static bool is_refused(struct ahash *ahash)
{
    struct manifest *manifest = ahash->manifest;
    const char *name = cli_quote(ahash->update_path), *tree;

    if (manifest->is_refused) {
        cli_message(0, "%s: not updated", cli_quote_maybe(ahash->update_path));
        return true;
    }
    if (cli_atomic_overtaken(manifest->file)) {
        cli_message(0, "cannot update %s: another file has been created there", name);
        return true;
    }
    if (ahash->force_empty || !gone_trees_any(manifest->gone, &tree))
        return false;
    if (tree)
        cli_message(0, "cannot update %s: all listed files in %s are gone", name, cli_quote(tree));
    else
        cli_message(0, "cannot update %s: all listed files are gone", name);
    cli_message(0, "use --force-empty if they have been removed on purpose");
    return true;
}

static void print_counts(const struct ahash *ahash)
{
    const struct manifest_counts *counts = &ahash->manifest->counts;
    const struct ahash_count to_print[] = {
        {"new", counts->new},
        {"changed", counts->changed},
        {"unchanged", counts->unchanged},
        {"removed", counts->removed},
        {"unreadable", counts->unreadable},
        {"failed", ahash->verify ? counts->mismatched : AHASH_NOT_COUNTED},
        {NULL, 0},
    };

    if (!ahash->quiet)
        ahash_print_counts(ahash, "manifest", ahash->update_path, to_print);
}

void manifest_finish(struct ahash *ahash)
{
    struct manifest *manifest = ahash->manifest;
    struct cli_atomic *file = manifest->file;
    int rc;

    assert(file); /* neither committed nor discarded yet */
    finish_old(ahash);
    if (is_refused(ahash)) {
        cli_atomic_discard(file);
        manifest->file = NULL;
        ahash->failed = true;
        return;
    }
    manifest->file = NULL;
    rc = cli_atomic_commit(file);
    if (rc < 0)
        cli_fatal(-rc, "%s", cli_quote_maybe(ahash->update_path));
    print_counts(ahash);
}

void manifest_free(struct manifest *manifest)
{
    if (!manifest)
        return;
    assert(!manifest->file); /* manifest_finish has disposed of it */
    manifest_reader_close(&manifest->produce);
    manifest_reader_close(&manifest->retire);
    name_set_free(manifest->old);
    name_set_free(manifest->lost);
    gone_trees_free(manifest->gone);
    free(manifest);
}
