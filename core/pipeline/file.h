/* file.h: a file on its way through the pipeline, and the directory that it is opened from. */
#ifndef CORE_PIPELINE_FILE_H
#define CORE_PIPELINE_FILE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* What was being done when something failed. It says which side the failure is on, and the command
 * that reports it picks its words by it. */
enum step {
    STEP_NONE,
    STEP_STAT,        /* source: looking the name up */
    STEP_OPEN,        /* source: opening it */
    STEP_READ,        /* source: reading its bytes */
    STEP_STAT_PARENT, /* source: looking up a directory for --parents */
    STEP_OPEN_DIR,    /* source: opening a directory of the walk */
    STEP_READ_DIR,    /* source: listing it */
    STEP_READ_LINK,   /* source: reading a symbolic link */
    STEP_LOOP,        /* source: a directory that contains itself */
    STEP_SINK,        /* the sink refused the bytes (standard output, a digest) */
    STEP_STAT_DEST,   /* destination: looking the name up */
    STEP_CREATE,      /* destination: creating it */
    STEP_OPEN_DEST,   /* destination: opening what exists */
    STEP_MAKE_DIR,    /* destination: making a directory */
    STEP_MAKE_PARENT, /* destination: making one for --parents */
    STEP_MAKE_LINK,   /* destination: making a symbolic link */
    STEP_HARD_LINK,   /* destination: making a hard link */
    STEP_SYMLINK,     /* destination: making a symbolic link to the source */
    STEP_MAKE_FIFO,   /* destination: making a FIFO */
    STEP_MAKE_NODE,   /* destination: making a device or a socket */
    STEP_WRITE,       /* destination: writing bytes */
    STEP_CLONE,       /* destination: sharing the source's blocks */
    STEP_SIZE,        /* destination: setting its size */
    STEP_SYNC,        /* destination: bringing it to the device */
    STEP_TIMES,       /* destination: its times */
    STEP_OWNER,       /* destination: its owner */
    STEP_MODE,        /* destination: its permissions */
    STEP_XATTR,       /* destination: its extended attributes */
    STEP_LIST_XATTR,  /* source: listing them */
    STEP_CLOSE,       /* destination: closing it */
    STEP_REDIGESTED,  /* destination: a copy of the run whose digest has been reported */
    STEP_BACKUP,      /* destination: renaming what is there */
    STEP_RESTORE,     /* destination: giving that its name back */
    STEP_REMOVE,      /* destination: removing what is there */
    STEP_REPLACED,    /* source: it was a regular file when it was found, and is none now */
    STEP_REFUSED,     /* the operation's own rules refuse it; the operation words the reason */
};

struct names; /* copy/names.h */

/* A directory that files are opened from. Reference counted: each file and each child directory
 * holds one; any thread may drop the last. */
struct dir {
    atomic_uint refs;
    struct dir *parent; /* owned reference; NULL for a root */
    int fd;             /* AT_FDCWD for the root that operands are relative to */
    bool may_follow;    /* files directly in it may be opened through a symbolic link (operands) */
    bool created;       /* a copy's destination that the run has made: it was empty */
    enum { DIR_UNKNOWN, DIR_LOCAL, DIR_REMOTE } medium; /* a copy's: where locks are kept */
    struct names *names;   /* a copy's destination: what it had at first; NULL: not known */
    _Atomic uint64_t made; /* a copy's: what the last new file in it was like; 0: not known */
    uint64_t number; /* a copy's: one for each directory, since inode numbers may be used again */
    uint64_t batch;  /* the feed's: the last batch that had files of it, and how many */
    uint64_t batch_files;
    void *op; /* the operation's own part, given up in release */
    /* Called when the last reference has gone. Returns true if the operation still needs the
     * directory: it calls dir_end later. May be NULL. */
    bool (*release)(struct dir *dir);
    struct dir *dest_dir; /* a copy's destination for it, parked together with it; not owned */
    uint64_t dev, ino;    /* while it is parked */
    size_t path_len;      /* of the path as the user would write it; 0 for the operands' root */
    size_t name_len;
    char name[]; /* relative to parent. The path is put together on demand: each directory of a
                  * deep tree holding its own would take memory by the square of the depth */
};

/* Makes the root of relative operands: the working directory. Returns NULL if memory is short. */
struct dir *dir_cwd(void);
/* Takes over fd and a new reference to parent. name is relative to parent; of several slashes at
 * its end, one is kept. NULL: out of memory. */
struct dir *dir_new(struct dir *parent, const char *name, int fd);
struct dir *dir_get(struct dir *dir);
void dir_put(struct dir *dir); /* takes NULL */
/* Ends a directory that release has kept. From any thread. */
void dir_end(struct dir *dir);
/* Writes its path, of path_len bytes, and a NUL. */
void dir_path_copy(const struct dir *dir, char *out);
/* Returns how many directories the process has open now. */
unsigned dir_open_count(void);
/* Closes dir and its dest_dir while the walk is in child: for trees deeper than the limit of
 * descriptors. No file in dir may be under way, and child must let its parent be looked up.
 * dir_unpark opens both again, as the parents of child and its dest_dir; -ESTALE if these are other
 * directories now. Both return 0 or -errno. */
int dir_park(struct dir *dir);
int dir_unpark(struct dir *dir, const struct dir *child);

/* One file. Made by feed_file(), handed from owner to owner: producer, feed, engine, feed, retire.
 */
struct file {
    uint64_t seq;          /* position in the input order */
    uint64_t ino;          /* sorts a batch for reading; 0 if it is not known */
    struct dir *dir;       /* owned reference */
    const char *name;      /* relative to dir */
    void *op;              /* the operation's own part: feed_config.op_bytes zeroed bytes */
    uint64_t turn;         /* the feed's: how many of its directory come before it in the batch */
    unsigned char type;    /* DT_*, DT_UNKNOWN for operands */
    bool awaited;          /* other files may wait for it: handed out before those after it */
    bool taken;            /* the feed's: handed to an engine */
    bool done;             /* the feed's: the status is final */
    enum step step;        /* where status came from */
    int status;            /* 0 or -errno */
    uint64_t bytes;        /* delivered */
    uint64_t size_counted; /* of them, what progress.h knows of beforehand */
    uint64_t size_skipped; /* its size, if its bytes are not needed; for progress.h */
    bool skipped;          /* it needed no work; for progress.h */
    bool told_only;        /* it is no file, or none of the run, unless it fails; for progress.h */
};

/* Returns the file's path for messages: malloc'd, NULL if memory is short. */
char *file_path(const struct file *file);
/* Opens a path of any length as open(2), also beyond PATH_MAX. Returns a descriptor, or -1 with
 * errno set. */
int path_open(const char *path, int flags);
/* Sets status and step, unless an earlier error is there already: the first one wins. */
void file_fail(struct file *file, enum step step, int status);
/* Fails a file that the walk found as a regular one, if it is of another kind now, by the mode of
 * what was opened. Returns whether it is. */
bool file_fail_replaced(struct file *file, mode_t mode);

#endif
