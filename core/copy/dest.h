/* dest.h: the file that a copy's bytes go to: opens or makes it, writes it, sets its metadata, and
 * leaves no incomplete file that looks complete. Both engines use plain calls for this: a creating
 * open, a rename, a chmod gain nothing by a ring, because the kernel hands them to a thread. */
#ifndef CORE_COPY_DEST_H
#define CORE_COPY_DEST_H

#include <sys/stat.h>

#include "../delivery.h"
#include "in_use.h"
#include "../base/unfinished.h"

struct copy;
struct item;

enum dest_route {
    DEST_WRITE, /* open: write the bytes */
    DEST_READ,  /* complete already, but the sink needs the bytes */
    DEST_MADE,  /* complete already: a clone, a hard link; or left as it was */
    DEST_LATER, /* another one copies, reads or writes this file, or will read it; ask again */
};

/* dest_to() asserts that these follow each other as the arrows say. */
enum dest_state {
    DEST_NONE,     /* not open: -> DEST_NAMED, DEST_NAMELESS */
    DEST_NAMED,    /* open, under its own name: -> DEST_NONE */
    DEST_NAMELESS, /* open, without a name or with a temporary one: -> DEST_CLOSED */
    DEST_CLOSED,   /* written and closed, without its name: -> DEST_NONE */
};

struct dest {
    enum dest_state state;
    int fd;                       /* -1: DEST_NONE, DEST_CLOSED */
    int source_fd;                /* not owned; -1: none */
    bool no_attributes;           /* the source has no ACL and no extended attributes, we know */
    bool final_mode;              /* created with the source's mode */
    bool created;                 /* by us: removed again if the copy fails */
    bool regular;                 /* a regular file: it can be written anywhere, and its size set */
    bool claimed;                 /* its hard link's first name */
    bool sparse;                  /* the source has holes: write data only */
    bool zeros_hole;              /* runs of zeros become holes */
    bool resize;                  /* set its size at the end: it may not be what was written, or
                                   * nothing is written, and it gets new times by that alone */
    bool read_only;               /* DEST_READ: nothing is written */
    bool replaces;                /* DEST_NAMELESS: the name is an existing file's */
    bool overtakes;               /* DEST_NAMELESS: another process is making a file of that name */
    uint64_t offload_end;         /* before this offset the kernel may copy the bytes itself */
    char *temp;                   /* DEST_NAMELESS, DEST_CLOSED: its temporary name; owned */
    uint64_t digested;            /* the sink has seen what comes before, holes included */
    struct unfinished unfinished; /* the name of what was created, until it is complete */
    struct in_use_mark in_use;    /* the source, and what is written over */
};

/* -- for the engines, in the order of the calls for a file -- */

/* Tells whether the run copies bytes, and not attributes only. */
bool dest_wants_bytes(const struct copy *copy);
/* Gives up what was claimed for the source when it was walked: it could not be opened, is not
 * copied, or is another file by now. */
void dest_give_up_claim(struct copy *copy, struct file *file);
/* Decides where the open source goes. Returns a dest_route, or -errno with the file failed. If
 * wait is set, it waits and never returns DEST_LATER; then the source may have changed, and *st is
 * updated. After DEST_LATER the caller must update it. */
int dest_open(struct copy *copy, struct file *file, int source_fd, struct stat *st, bool wait,
              struct dest *dest);
/* Has the kernel copy some of the bytes between two offsets, if they are in the page cache.
 * Returns how many; 0: the next ones must be read and written. */
size_t dest_offload(struct file *file, struct dest *dest, uint64_t offset, uint64_t end);
/* Take a block that has been read, in this order. dest_take gives the sink its bytes, and zeros for
 * a hole before it, and waits for the limit of bytes a second. Then dest_put, or a request of the
 * ring, writes it: a sink with a thread digests meanwhile, and a block of a request must not be
 * touched. Both return 0, or -errno with the file failed. */
int dest_take(struct copy *copy, struct dest *dest, const struct delivery *to, struct file *file,
              const void *bytes, size_t len, uint64_t offset);
int dest_put(struct dest *dest, const struct delivery *to, struct file *file, const void *bytes,
             size_t len, uint64_t offset);
/* Ends the destination. If the file is complete, gives the sink the last hole, sets the size and
 * the metadata, and gives the file its name. If it has failed, removes what was created. */
void dest_end(struct copy *copy, struct file *file, const struct stat *st, struct dest *dest,
              const struct delivery *to, uint64_t size);

/* -- dest_create.c -- */

/* Changes the state, after fd and temp. */
void dest_to(struct dest *dest, enum dest_state state);
/* Creates the destination, or opens what is there and empties it. Returns DEST_WRITE; DEST_MADE if
 * it is left as it is; DEST_LATER while the run writes the same file by another name; or -errno
 * with the file failed. */
int dest_create(struct copy *copy, struct file *file, const struct stat *st, struct dest *dest);
/* Notes what has been made and is open as fd, if another source may lead to it. Returns 0 or
 * -errno. */
int dest_note_created(struct copy *copy, const struct item *op, int fd);

/* -- dest_link.c -- */

/* Claims or makes a hard link, if the run preserves them. DEST_WRITE: there is no copy to link
 * to yet; if dest->claimed, the caller must call dest_end or dest_link_resolve. */
int dest_link(struct copy *copy, struct file *file, const struct stat *st, bool wait,
              struct dest *dest);
/* Returns whether several names of a source become several names of a copy. */
bool dest_may_link(const struct copy *copy);
/* Tells whether another file of the run may be the same inode. */
bool dest_link_possible(const struct copy *copy, const struct file *file, const struct stat *st);
/* Ends a claim: the copy is there, or the file has failed. made: its fstat(2); NULL: looked up
 * by its name. created: it was not there before. */
void dest_link_resolve(struct copy *copy, struct file *file, const struct stat *st,
                       const struct stat *made, bool created);
/* Gives up a claim: the next file that asks copies. */
void dest_link_unclaim(struct copy *copy, const struct stat *st);
/* Handles the hard links of a source whose destination was left as it is. If it is the first name
 * of the source, later ones are linked to it. Otherwise a link to the earlier copy replaces it. */
void dest_link_skipped(struct copy *copy, struct file *file, const struct stat *st);

#endif
