/* attr.h: owner, mode, times, ACL and extended attributes of a copy. */
#ifndef CORE_COPY_ATTR_H
#define CORE_COPY_ATTR_H

#include "copy.h"

/* A file: the one open as fd, or, if fd is -1, name in dir_fd, without following a link. */
struct attr_at {
    int fd;
    int dir_fd;
    const char *name;
    bool no_attributes; /* attr_none has said so */
    /* of attr_copy's `to` only */
    bool complete;       /* it differs in its times only */
    struct dir *made_in; /* the run has just created it in this directory: see made.h; or NULL */
    struct unfinished *unfinished; /* has its own name, and is complete with its times; or NULL */
};

/* Tells whether the file has neither an ACL nor extended attributes. */
bool attr_none(const struct attr_at *at);

/* Gives `to` the attributes of `from` that are preserved. *st: fstat(2) of from. created: by this
 * run, with at most its final rights. Calls report for each attribute that cannot be kept;
 * harmless: no failure. */
void attr_copy(const struct copy *copy, const struct attr_at *from, const struct attr_at *to,
               const struct stat *st, bool created,
               void (*report)(void *arg, enum step step, int status, bool harmless), void *arg);
/* Tells whether `to`, *at, has those attributes of `from`, *st, already. The time of the last
 * access, which copying changes, is not compared. */
bool attr_same(const struct copy *copy, const struct attr_at *from, const struct attr_at *to,
               const struct stat *st, const struct stat *at);
/* Gives fd, which will take the place of name in dir_fd, the owner, mode and ACL that are there. If
 * the owner cannot be kept, the group may be; if neither can be, or the ACL cannot be, the mode has
 * no bits that give a user more rights than before. Returns 0, or -errno if the rights are as they
 * were. */
int attr_inherit(int dir_fd, const char *name, int fd);

#endif
