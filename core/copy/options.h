/* options.h: what a copy does, and how: cp's options, and ours. */
#ifndef CORE_COPY_OPTIONS_H
#define CORE_COPY_OPTIONS_H

#include <sys/types.h>

#include "../pipeline/walk.h"
#include "backup.h"

enum copy_follow { FOLLOW_NEVER, FOLLOW_OPERANDS, FOLLOW_ALWAYS };
enum copy_make { MAKE_COPIES, MAKE_HARD_LINKS, MAKE_SYMLINKS };
enum copy_sparse { SPARSE_AUTO, SPARSE_NEVER, SPARSE_ALWAYS };
enum copy_clone { CLONE_AUTO, CLONE_NEVER, CLONE_ALWAYS };
/* Which existing files are replaced. */
enum copy_replace {
    REPLACE_ALL,
    REPLACE_ASKED,     /* those that copy_opts.ask says yes to */
    REPLACE_NONE,      /* they are left, and that is no error */
    REPLACE_NONE_FAIL, /* they are left, and that is one */
};
/* Which of these are left as they are. */
enum copy_update {
    UPDATE_ALL,     /* none */
    UPDATE_OLDER,   /* those that are no older than the source */
    UPDATE_CHANGED, /* those that have the source's type, size and time of modification */
};

struct copy_opts {
    bool recursive;
    enum copy_follow follow;
    enum copy_make make;
    enum copy_sparse sparse;
    enum copy_clone clone;
    enum copy_replace replace;
    enum copy_update update;
    enum backup_kind backup;
    const char *backup_suffix; /* of simple backups */
    bool through_dangling;     /* create the target of a dangling symlink (POSIXLY_CORRECT) */
    bool force;                /* remove a destination that cannot be opened, and try again */
    bool remove_destination;   /* remove each destination first */
    bool preserve_mode, preserve_times, preserve_owner;
    bool preserve_links;          /* hard links among the sources */
    bool preserve_xattrs;         /* extended attributes; ACLs go with the mode */
    bool xattrs_required;         /* it is an error if one cannot be kept */
    bool xattrs_quiet;            /* and it is not reported */
    bool default_mode;            /* the mode is explicitly not to be kept: what the umask leaves */
    bool attributes_only;         /* no bytes */
    bool copy_contents;           /* of special files, too, when recursive */
    bool keep_directory_symlinks; /* a symbolic link to a directory will do for a directory */
    bool parents;                 /* make the operand's directories below the destination, too */
    bool in_parts;                /* other runs copy into the directories of --parents */
    bool listed;                  /* a file that two operands lead to is copied to both places */
    bool atomic;      /* a regular file appears complete under its name, or not at all */
    bool sync_files;  /* each file is on the device before it counts as copied */
    bool sync_linked; /* files that are written through a symbolic link, and devices, are synced:
                       * they may be on another filesystem */
    bool digest;      /* the sink gets every byte of every regular file */
    bool dry_run;     /* nothing is made or changed */
    bool verbose;     /* the caller wants to hear of directories, too */
    struct walk_opts walk;
    /* REPLACE_ASKED: called on the producer's thread, in the order of the operands; on a worker's
     * if the file has appeared since the producer looked. It asks one question at a time. mode: the
     * existing file's. writable: whether this user may write it. */
    bool (*ask)(void *arg, const struct file *file, mode_t mode, bool writable);
    void *ask_arg;
};

/* Tells whether a destination must be looked at in the order of the sources, or without the
 * source's being opened. */
static inline bool copy_opts_decide_first(const struct copy_opts *opts)
{
    return opts->replace != REPLACE_ALL || opts->update != UPDATE_ALL || opts->dry_run;
}

#endif
