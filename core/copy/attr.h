/* attr.h: owner, mode, times, ACL and extended attributes of a copy. */
#ifndef CORE_COPY_ATTR_H
#define CORE_COPY_ATTR_H

#include "copy.h"

/* A file: what fd is open on, or, where that is -1, name in dir_fd itself, no link followed. */
struct attr_at {
    int fd;
    int dir_fd;
    const char *name;
    bool plain; /* attr_plain has said so */
};

/* Whether the file has neither an ACL nor extended attributes. */
bool attr_plain(const struct attr_at *at);

/* Gives `to` what is to be preserved of `from`, whose fstat is *st. created: by this run, with no
 * more rights than it is to have. report is told what could not be kept; harmless: no failure. */
void attr_copy(const struct copy *copy, const struct attr_at *from, const struct attr_at *to,
               const struct stat *st, bool created,
               void (*report)(void *arg, enum step step, int status, bool harmless), void *arg);
/* Gives fd, which will take the place of name in dir_fd, the owner, mode and ACL that are there. If
 * the owner cannot be kept, the group may be; if neither can be, or the ACL cannot be, the mode has
 * only what no one gains by. Returns 0, or -errno if the rights are as they were. */
int attr_inherit(int dir_fd, const char *name, int fd);

#endif
