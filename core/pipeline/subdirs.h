/* subdirs.h: threads open and list the directories that a walk will come to, if calls on names wait
 * for a server: one after the other, they would be what the run waits for.
 *
 * All functions are called on the walk's thread. A directory that a thread looks into belongs to
 * its entry in the parent's listing, and its own listing is in it, with further ones below. */
#ifndef CORE_PIPELINE_SUBDIRS_H
#define CORE_PIPELINE_SUBDIRS_H

#include "listing.h"

struct subdirs;

enum {
    SUBDIRS_MAX = 64, /* at a time: two descriptors and a listing each */
};

/* For the walk of root, which does not follow links, on the threads of opts->pool. All must outlive
 * it. Returns NULL if memory is short: the walk works without. */
struct subdirs *subdirs_new(const struct walk_opts *opts, const struct walk_ops *ops, void *arg,
                            const struct dir *root);
/* Frees it, when nothing is under way. Takes NULL. */
void subdirs_free(struct subdirs *subdirs);
/* Has threads look into the directories of a listing of dir from an entry on, and into those below,
 * in the order of the walk, while fewer than dirs_max directories are open. Returns false if no
 * more can be started now. */
bool subdirs_start(struct subdirs *subdirs, struct dir *dir, const struct listing *list,
                   size_t from, unsigned dirs_max);
/* Waits until threads have looked into the directory of an entry, or into any other one since the
 * last call. Returns true if it is ready, and false if more may be started now. */
bool subdirs_wait(struct subdirs *subdirs, const struct found *entry);
/* Takes the directory of an entry, when it is ready. Returns it with the first part of its listing,
 * whose *more is that of listing_read, or NULL: the caller must open and list it. The reference and
 * the listing are the caller's. */
struct dir *subdirs_take(struct subdirs *subdirs, struct found *entry, struct listing *list,
                         bool *more);
/* Waits for all that is under way in a listing and below, and gives it up. */
void subdirs_drop(struct subdirs *subdirs, const struct listing *list);

#endif
