/* copy.h: the operation behind acp: a tree, or files, from one place to another.
 *
 * The producer walks the sources and makes what needs no bytes moved: directories, links, FIFOs,
 * devices (nonregular.h). Regular files go through the feed to an engine, which reads and writes;
 * where the bytes go, and what becomes of the file that they went to, is the same for both engines:
 * dest.h. A directory gets its times and its mode when the last reference to it goes, after
 * everything in it has been copied. */
#ifndef CORE_COPY_COPY_H
#define CORE_COPY_COPY_H

#include <sys/stat.h>

#include "../base/rate.h"
#include "../engine.h"
#include "item.h"
#include "options.h"

/* One operand. */
struct copy_source {
    const char *name;    /* relative to the working directory */
    struct dir *to;      /* the directory that it goes into */
    const char *to_name; /* its name there; with parents, the operand's whole path */
};

/* A directory's trouble at the end, when no file is there any more to report it with. */
struct copy_deferred_error {
    struct copy_deferred_error *next;
    enum step step;
    int status;
    bool harmless;
    char path[]; /* of the side that the step is about */
};

struct hard_links;
struct in_use;
struct pool;
struct parts;
struct seen_parent;
struct written;

/* One run. Zeroed at first; the caller sets members of the first part, then calls copy_init. */
struct copy {
    struct copy_opts opts;
    const struct copy_source *sources;
    size_t source_count;
    struct rate *rate; /* bytes a second for all workers together, or NULL: the caller's */
    /* The destination's filesystems: called with an open directory on each that is met, on the
     * producer's thread, before anything is made there. May be NULL. Returns 0 or -errno. */
    int (*on_new_filesystem)(void *arg, int dir_fd, dev_t dev);
    void *on_new_filesystem_arg;
    /* A file that the caller will replace at its end, which is refused as a source and as a
     * destination; and the new one, which is no source. Zeroed: none. */
    struct stat output_old, output_new;
    /* The one source, a directory, is not copied: its directories are made, and its other files are
     * listed here (plan.h). NULL: it is copied. */
    struct parts *plan;
    struct progress *progress; /* counts what a plan lists; NULL if progress is not shown */
    /* Calls on names wait for a server: threads for those of the producer (ahead.h). 0: none. */
    unsigned threads_ahead;

    /* the operation's own */
    mode_t umask;
    uid_t euid;
    time_t begun;                   /* what has changed since then the run may have made */
    bool may_chown;                 /* root: a failed chown is an error */
    _Atomic uint64_t no_clone_from; /* st_dev of a source filesystem that cannot clone; 0: none */
    _Atomic uint64_t no_clone_to;   /* the pair of places that last gave EXDEV; 0: none */
    struct pool *pool;              /* of threads_ahead; NULL: none are needed */
    TAILQ_HEAD(, look) looks;       /* under way, or not asked about yet */
    size_t operands_ahead;          /* have been looked up, or will be */
    struct hard_links *links;       /* NULL unless preserve_links */
    struct written *written;        /* destinations; NULL if no two sources can lead to one */
    struct in_use *in_use;          /* NULL if no source can be a destination of another one */
    uint64_t dir_count;             /* destination directories that have a number */
    struct dir *cwd, *cwd_nofollow;
    dev_t top_dev; /* the directory that was made for the source being walked */
    ino_t top_ino;
    dev_t last_dev;                   /* told to on_new_filesystem */
    const struct copy_source *source; /* being walked */
    uint64_t earlier;                 /* files of the operands before it */
    _Atomic uint64_t retired;         /* files */
    struct dir *source_to; /* where it goes: source->to, or what --parents has made; owned */
    const char *source_to_name;
    struct dir *parents;      /* the last operand's, of --parents; owned */
    struct seen_place *place; /* the operand's, if it is one of several */
    bool place_before;        /* an earlier operand went there */
    void *places;             /* places and identities of several operands: trees of seen.c */
    void *entries;
    void *inodes;
    void *tops;
    void *above;
    void *made;
    struct seen_parent *last_parent; /* the last operand's; owned */
    bool link_pending;               /* an operand that may not be done is one of a file's names */
    bool directory_pending;          /* one is a directory */
    bool into_itself;                /* an operand has the destination in it */
    atomic_bool through_links;       /* the run may read or write files through symbolic links */
    _Atomic(struct copy_deferred_error *) deferred_errors;
    atomic_bool deferred_lost; /* one more, for which there was no memory */
};

/* Returns 0 or -ENOMEM. */
int copy_init(struct copy *copy);
/* Waits until all directories have their attributes, after the feed was joined. */
void copy_end(struct copy *copy);
/* Frees what copy_init made and the deferred errors, after copy_end. */
void copy_destroy(struct copy *copy);
/* For feed_config.produce, with the struct copy as arg. */
int copy_produce(struct feed *feed, void *copy);
/* Ends a file; must be called when it is retired. Gives the backup of a file that has failed its
 * name back, and notes an operand's copy. */
void copy_item_end(struct copy *copy, struct file *file);

#endif
