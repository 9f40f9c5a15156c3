/* item.h: one source of a copy, with its destination: what file->op of the feed is. */
#ifndef CORE_COPY_ITEM_H
#define CORE_COPY_ITEM_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/queue.h>
#include <sys/stat.h>

#include "../base/unfinished.h"
#include "../digest/hash.h"
#include "../pipeline/feed.h"

struct copy;

/* Why the operation refuses a file: with STEP_REFUSED. */
enum refusal {
    REFUSED_NONE,
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

/* An error of a file or a directory. There can be several, and most do not end it. */
struct item_report {
    SLIST_ENTRY(item_report) entry;
    enum step step;
    int status;    /* -errno */
    bool harmless; /* to be told, but no reason to fail */
};

/* How the bytes came to the destination, for --stats and --debug. */
enum item_how { HOW_NONE, HOW_WRITTEN, HOW_CLONED, HOW_OFFLOADED };

struct hard_link;
struct seen_place;

/* file->op of a feed whose files are copied. The caller's retire function calls copy_item_end first
 * and item_free last. */
struct item {
    struct hash_result hash; /* must be first; used with opts.digest */
    struct dir *to;          /* owned reference */
    const char *to_name;     /* lives as long as the file, or as the source */
    uint64_t earlier;        /* files of earlier operands, which may read what is written over */
    bool through_links;      /* and may have been found through symbolic links */
    const void *scope;       /* sources with the same one may not lead to one destination */
    enum refusal refusal;
    enum item_how how;
    /* REFUSED_ELSEWHERE: that place; STEP_HARD_LINK: the copy that could not get one more name, or
     * NULL. Lives until copy_destroy. */
    const char *elsewhere;
    SLIST_HEAD(, item_report) reports; /* besides file->status, in the order in which they came */
    struct seen_place *place; /* an operand's that is no directory; lives until copy_destroy */
    bool made_known;          /* the inode of the copy is: */
    dev_t made_dev;
    ino_t made_ino;
    char *backup; /* what the destination was renamed to, in the directory where it is */
    struct unfinished_backup unfinished_backup;
    bool attempted;         /* nothing spoke against it: worth a line of -v */
    bool just_created;      /* what is there is an earlier operand's copy */
    bool skipped;           /* an existing file was left as it is: no error */
    bool unwanted;          /* it was left because the options or the user said so */
    bool linked;            /* it is one more name of a copy of the run */
    bool replaced;          /* an existing file was removed first */
    bool removed_late;      /* so late that cp tells the copy first */
    bool overwrite_decided; /* overwrite_decide has decided to write over what is there */
    bool over_regular;      /* which was a regular file then */
    bool via_symlink;       /* the destination is there, through a symbolic link */
    bool dangling;          /* the destination is a symbolic link that leads nowhere */
    bool may_defer;         /* its attributes may be compared after overwrite_decide: */
    bool deferred;          /* this must be done */
    bool claimed;           /* the first name of a hard link, claimed when it was walked */
    dev_t claimed_dev;      /* the inode of that link */
    ino_t claimed_ino;
    bool parent;            /* a directory that --parents has made */
    bool restored;          /* the backup has its old name again */
    bool copied;            /* made, or its bytes were copied */
    bool to_regular;        /* to a regular file */
    bool from_regular;      /* hashed: the source is a regular file */
    bool hashed;            /* hash has the digest of its bytes */
    struct hard_link *link; /* hashed: of a source with several names; NULL: it has one */
    bool sparse;            /* holes were looked for, and kept */
    bool clone_tried;       /* and how says whether it was done */
};
_Static_assert(offsetof(struct item, hash) == 0,
               "the digest finds its result at the start of file->op");

/* Frees what the item owns, when its file is retired. */
void item_free(struct file *file);
/* Returns the destination's path for messages: malloc'd, NULL if memory is short. */
char *item_dest_path(const struct file *file);
/* Adds a report that does not stop the file; harmless: it is no reason to fail, either. For
 * attr_copy, with the struct file as arg. */
void item_report(void *file, enum step step, int status, bool harmless);
/* Fails the file with STEP_REFUSED; nothing has been attempted. Returns -EPERM. */
int item_refuse(struct file *file, enum refusal refusal);
/* Fails the file with errno. Returns -errno. */
int item_fail(struct file *file, enum step step);
/* Tells whether this file is reached through symbolic links. */
bool item_follows(const struct copy *copy, const struct file *file);

/* Looks up this source, following a link if item_follows says so. Returns 0, or -errno with the
 * file failed and nothing attempted. */
int item_stat(const struct copy *copy, struct file *file, struct stat *st);

/* Finds out what kind of filesystem a destination's directory is on, if it is not known. */
void item_find_medium(struct copy *copy, struct dir *to);
/* Tells whether the names in it are noted, since inode numbers may not tell files apart
 * (written.h). */
bool item_names_are_noted(const struct dir *to);
/* Notes a name there, if names are noted. Waits for all files that are under way if a name that
 * differs only in case has been noted. Returns 0 or more, or -ENOMEM. */
int item_note_name(struct copy *copy, struct feed *feed, const struct dir *to, const char *to_name,
                   const void *scope);
/* Makes a file for the entry of a source directory, with its destination. NULL: out of memory. */
struct file *item_new(struct copy *copy, struct feed *feed, struct dir *dir, const char *name);
/* Add a file that is done: refused, or failed. Return 0 or -errno, which ends the producer. */
int item_add_refused(struct copy *copy, struct feed *feed, struct dir *dir, const char *name,
                     enum refusal refusal);
int item_add_failed(struct copy *copy, struct feed *feed, struct dir *dir, const char *name,
                    enum step step, int status);

#endif
