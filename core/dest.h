/* dest.h: the file that a copy's bytes go to: opened, or made by other means; its metadata; and
 * that no file stays behind that looks complete and is not. Plain calls for both engines: a
 * creating open, a rename, a chmod gain nothing by a ring (the kernel hands them to a thread). */
#ifndef CORE_DEST_H
#define CORE_DEST_H

#include "copy.h"

enum dest_verdict {
    DEST_WRITE, /* open: write the bytes */
    DEST_MADE,  /* complete already: a clone, a hard link */
    DEST_LATER, /* another one copies this file; ask again */
};

struct dest {
    int fd;       /* -1: not open */
    bool created; /* by us: removed again if the copy fails */
    bool regular; /* a regular file: it can be written anywhere, and its size set */
    bool claimed; /* its hard link's first name */
    bool sparse;  /* the source has holes: write data only */
    bool resize;  /* its size may not be what was written: set it at the end */
};

/* Claims or makes a hard link, where the run preserves them: DEST_WRITE: there is nothing to link
 * to, and dest->claimed says whether dest_end or links_settle is owed. */
int dest_link(struct copy *copy, struct file *file, const struct stat *st, bool wait,
              struct dest *dest);
/* Decides where the open source goes. Returns a dest_verdict, or -errno with the file failed. wait:
 * rather than DEST_LATER. */
int dest_open(struct copy *copy, struct file *file, int source_fd, const struct stat *st, bool wait,
              struct dest *dest);
/* Writes all of it at offset. Returns 0 or -errno. */
int dest_write(const struct dest *dest, const void *bytes, size_t len, uint64_t offset);
/* The file has ended. Well: sets its size, owner, mode and times. Not: removes what was created. */
void dest_end(struct copy *copy, struct file *file, const struct stat *st, struct dest *dest,
              uint64_t size);
/* Owner, mode and times of what fd is open on, as far as they are to be preserved. report may be
 * called several times. */
void dest_metadata(const struct copy *copy, int fd, const struct stat *st,
                   void (*report)(void *arg, enum step step, int status), void *arg);

#endif
