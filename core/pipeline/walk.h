/* walk.h: a tree, entry by entry, for a feed's producer. */
#ifndef CORE_PIPELINE_WALK_H
#define CORE_PIPELINE_WALK_H

#include "exclude.h"
#include "feed.h"

struct pool;

struct walk_opts {
    bool follow; /* symbolic links below the root, too: entries are what they lead to */
    /* A directory on another device than the root is entered, and what is in it left out. */
    bool one_file_system;
    const struct exclude *exclude; /* not for the root itself; may be NULL */
    /* The operation asks for the metadata of all entries, and of their destinations in directories
     * that the run has not made: if the tree is cold, threads look these up first. */
    bool looks;
    /* Calls on names wait for a server: threads that open and list directories before the walk
     * comes to them. NULL: they do not wait, or links are followed. */
    struct pool *pool;
};

/* The operation's callbacks for the entries that the walk finds. All but prepare are called on the
 * producer's thread; each returns 0, or -errno to end the whole walk (-ECANCELED from feed_add). An
 * error of one entry is no reason to end it: feed_add_done reports it with a failed file. */
struct walk_ops {
    /* An entry that is no directory. type is DT_*, never DT_UNKNOWN. */
    int (*entry)(struct feed *feed, struct dir *dir, const char *name, unsigned char type,
                 uint64_t ino, void *arg);
    /* A directory has been opened, before its entries. Returns 1 to leave it out. NULL: nothing to
     * do. One that may not be read is entered, too, with an O_PATH descriptor, before that is
     * reported. */
    int (*enter)(struct feed *feed, struct dir *dir, const char *name, void *arg);
    /* With opts->pool, on any thread: a directory has been opened and listed, and enter is likely
     * to be called for it later. Does what enter would wait for. If enter is not called, release of
     * the directory must undo it. NULL: nothing to do. */
    void (*prepare)(struct dir *dir, const char *name, void *arg);
    /* The walk will come to this entry, of any type: starts on other threads what waits for a
     * server. NULL: nothing to do. */
    void (*ahead)(struct dir *dir, const char *name, void *arg);
    /* With ahead: waits until no thread uses a directory. */
    void (*settle)(void *arg);
};

/* Walks the directory name, relative to parent: its own name first, then what is in it, in bytewise
 * order of the paths; a directory of more than WALK_SORT_MAX entries is ordered in parts of that
 * size, so that memory is bounded. Symbolic links in it are entries unless opts->follow;
 * name itself is followed if parent->may_follow. */
enum {
    WALK_SORT_MAX = 8192,
};
int walk_tree(struct feed *feed, struct dir *parent, const char *name, const struct walk_opts *opts,
              const struct walk_ops *ops, void *arg);

/* Adds a file that is done already, with an error. Returns 0 or -errno to end the walk. */
int walk_fail(struct feed *feed, struct dir *dir, const char *name, enum step step, int status);

#endif
