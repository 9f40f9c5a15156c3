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

#include "backup.h"
#include "../engine.h"
#include "../digest/hash.h"
#include "../base/rate.h"
#include "../pipeline/walk.h"

/* Why the operation refuses a file: with STEP_REFUSED. */
enum refusal {
    REFUSED_NOT,
    REFUSED_DIRECTORY,       /* a directory, and not recursive */
    REFUSED_SAME_FILE,       /* source and destination are one file */
    REFUSED_INTO_ITSELF,     /* a directory into itself */
    REFUSED_DANGLING,        /* destination: a symbolic link that leads nowhere */
    REFUSED_OVER_DIRECTORY,  /* a file over a directory */
    REFUSED_OVER_FILE,       /* a directory over something else */
    REFUSED_JUST_CREATED,    /* a file over one that an earlier operand has just made */
    REFUSED_THROUGH_CREATED, /* a file through a symbolic link that an earlier operand has made */
    REFUSED_FILE_TWICE,      /* the same operand again: a warning, no error */
    REFUSED_DIRECTORY_TWICE,
    REFUSED_ELSEWHERE,        /* a directory that an operand before has taken to another place */
    REFUSED_BACKUP_IS_SOURCE, /* the backup would be written over the source */
    REFUSED_RELATIVE_LINK,    /* -s: a relative name means something else in another directory */
    REFUSED_DECLINED,         /* the user was asked and does not want it replaced */
    REFUSED_EXISTS,           /* it exists, and existing files are an error */
    REFUSED_NOT_REPLACEABLE,  /* atomic: only regular files can be replaced so */
    REFUSED_NOT_DIRECTORY,    /* --parents: what stands for a directory is none */
    REFUSED_TYPE,             /* of no type that can be made */
    REFUSED_BEING_WRITTEN,    /* another process is writing it */
    REFUSED_OUTPUT_SOURCE,    /* the source is a file that the caller will replace */
    REFUSED_OUTPUT_DEST,      /* the destination is one */
};

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

struct copy_opts {
    bool recursive;
    enum copy_follow follow;
    enum copy_make make;
    enum copy_sparse sparse;
    enum copy_clone clone;
    enum copy_replace replace;
    enum backup_kind backup;
    const char *backup_suffix; /* of simple backups */
    bool older_only;           /* replace only what is older than the source */
    bool through_dangling;   /* a link that leads nowhere: make what it leads to, as POSIX has it */
    bool force;              /* remove a destination that cannot be opened, and try again */
    bool remove_destination; /* remove each destination first */
    bool preserve_mode, preserve_times, preserve_owner;
    bool preserve_links;          /* hard links among the sources */
    bool preserve_xattrs;         /* extended attributes; ACLs go with the mode */
    bool xattrs_required;         /* one that cannot be kept is an error */
    bool xattrs_quiet;            /* one that cannot be kept is not even told */
    bool default_mode;            /* the mode is explicitly not to be kept: what the umask leaves */
    bool attributes_only;         /* no bytes */
    bool copy_contents;           /* of special files, too, when recursive */
    bool keep_directory_symlinks; /* a symbolic link to a directory will do for a directory */
    bool parents;                 /* make the operand's directories below the destination, too */
    bool atomic;      /* a regular file appears complete under its name, or not at all */
    bool sync_files;  /* each file is on the device before it counts as copied */
    bool sync_linked; /* those that are written through a symbolic link, or are devices: they may be
                       * elsewhere */
    bool digest;      /* the sink is to see every byte of every regular file */
    bool dry_run;     /* nothing is made or changed */
    bool verbose;     /* the caller wants to hear of directories, too */
    struct walk_opts walk;
    /* REPLACE_ASKED: called on the producer's thread, in the order of the operands. mode: the
     * existing file's. writable: whether this user may write it. */
    bool (*ask)(void *arg, const struct file *file, mode_t mode, bool writable);
    void *ask_arg;
};

/* One operand. */
struct copy_source {
    const char *name;    /* relative to the working directory */
    struct dir *to;      /* the directory that it goes into */
    const char *to_name; /* its name there; with parents, the operand's whole path */
};

/* Something that went wrong with a file or a directory; several may, of which most do not stop it.
 */
struct copy_report {
    struct copy_report *next;
    enum step step;
    int status;    /* -errno */
    bool harmless; /* to be told, but no reason to fail */
};

/* How the bytes came to the destination, for those who ask why a copy was fast. */
enum copy_how { HOW_NOT, HOW_WRITTEN, HOW_CLONED, HOW_OFFLOADED };

struct seen_place;

/* file->op of a feed whose files are copied. The caller's retire function calls copy_file_end first
 * and copy_file_free last. */
struct copy_file {
    struct hash_result hash; /* first: where opts.digest */
    struct dir *to;          /* owned reference */
    const char *to_name;     /* lives as long as the file, or as the source */
    const void *scope;       /* sources with the same one may not lead to one destination */
    enum refusal refusal;
    enum copy_how how;
    /* REFUSED_ELSEWHERE: that place; STEP_HARD_LINK: the copy that was to have one more name, where
     * it was a copy. Lives until copy_destroy. */
    const char *elsewhere;
    struct copy_report *reports; /* besides file->status, in the order in which they came */
    struct seen_place *place;    /* an operand's that is no directory; lives until copy_destroy */
    char *backup;      /* what the destination was renamed to, in the directory where it is */
    bool attempted;    /* nothing spoke against it: worth a line of -v */
    bool just_created; /* what is there is an earlier operand's copy */
    bool left;         /* an existing file was left as it is: no error */
    bool skipped;      /* it was left because the options or the user said so */
    bool linked;       /* it is one more name of a copy of the run */
    bool removed;      /* an existing file was removed first */
    bool in_the_way;   /* overwrite_decide has decided to write over what is there */
    bool via_symlink;  /* the destination is there, through a symbolic link */
    bool dangling;     /* the destination is a symbolic link that leads nowhere */
    bool claimed;      /* the first name of a hard link, claimed when it was walked: of */
    dev_t claimed_dev; /* this inode */
    ino_t claimed_ino;
    bool parent;      /* a directory that --parents has made */
    bool restored;    /* the backup has its old name again */
    bool copied;      /* made, or its bytes were copied */
    bool to_regular;  /* to a regular file */
    bool hashed;      /* hash has the digest of its bytes */
    bool sparse;      /* holes were looked for, and kept */
    bool clone_tried; /* and how says whether it was done */
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
struct written;

/* One run. Zeroed, then the first three set by the caller, then copy_init. */
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

    /* the operation's own */
    mode_t umask;
    uid_t euid;
    bool may_chown;                 /* root: a failed chown is an error */
    _Atomic uint64_t no_clone_from; /* st_dev of a source filesystem that cannot clone; 0: none */
    _Atomic uint64_t no_clone_to;   /* the pair of places that last gave EXDEV; 0: none */
    struct hard_links *links;       /* where preserve_links */
    struct written *written;        /* destinations, where two sources may lead to one; else NULL */
    uint64_t dir_count;             /* destination directories that have a number */
    struct dir *cwd, *cwd_nofollow;
    dev_t top_dev; /* the directory that was made for the source being walked */
    ino_t top_ino;
    dev_t last_dev;                   /* told to on_new_filesystem */
    const struct copy_source *source; /* being walked */
    struct dir *source_to; /* where it goes: source->to, or what --parents has made; owned */
    const char *source_to_name;
    struct dir *parents;      /* the last operand's, of --parents; owned */
    struct seen_place *place; /* the operand's, where it is one of several */
    bool place_before;        /* an earlier operand went there */
    void *places;             /* where several operands went, and what they were: trees of seen.c */
    void *entries;
    void *inodes;
    bool link_pending; /* an operand that may not be done is one of a file's names */
    bool tree_pending; /* one is a directory */
    _Atomic(struct copy_deferred_error *) late;
};

/* Returns 0 or -ENOMEM. */
int copy_init(struct copy *copy);
/* Frees what copy_init made and the late reports, after the feed was joined. */
void copy_destroy(struct copy *copy);
/* For feed_config.produce, with the struct copy as arg. */
int copy_produce(struct feed *feed, void *copy);
/* To be called when the file is retired: a file that has failed gives its backup its name back, and
 * an operand's copy is known as one. */
void copy_file_end(struct file *file);
void copy_file_free(struct file *file);
/* The destination's path, for messages: malloc'd, NULL where memory is short. */
char *copy_to_path(const struct file *file);
/* Adds a report that does not stop the file; harmless: it is no reason to fail, either. For
 * attr_copy, with the struct file as arg. */
void copy_report(void *file, enum step step, int status, bool harmless);
/* Fails the file with STEP_REFUSED; nothing has been attempted. Returns -EPERM. */
int copy_refuse(struct file *file, enum refusal refusal);
/* Fails the file with errno. Returns -errno. */
int copy_fail(struct file *file, enum step step);
/* Whether this file is reached through symbolic links. */
bool copy_follows(const struct copy *copy, const struct file *file);

/* -- between the parts of the producer: copy.c and tree.c -- */

/* Finds out what kind of filesystem a destination's directory is on, where that is not known. */
void copy_find_medium(struct copy *copy, struct dir *to);
/* Whether the names in it are noted, since inode numbers may not tell files apart (written.h). */
bool copy_names_are_noted(const struct dir *to);
/* Notes a name there, where that is so; waits for all files that are under way if it has been noted
 * before, but for its case. Returns 0 or more, or -ENOMEM. */
int copy_note_name(struct copy *copy, struct feed *feed, const struct dir *to, const char *to_name,
                   const void *scope);
/* A file for the entry of a source directory, with its destination. NULL: out of memory. */
struct file *copy_file_new(struct copy *copy, struct feed *feed, struct dir *dir, const char *name);
/* Adds one that is done: refused, or failed. Return 0 or -errno, which ends the producer. */
int copy_add_refused(struct copy *copy, struct feed *feed, struct dir *dir, const char *name,
                     enum refusal refusal);
int copy_add_failed(struct copy *copy, struct feed *feed, struct dir *dir, const char *name,
                    enum step step, int status);

#endif
