/* links.h: which destination has the bytes of a source file with several names. */
#ifndef CORE_LINKS_H
#define CORE_LINKS_H

#include <sys/stat.h>

#include "file.h"

struct links;

enum link_claim {
    LINK_FIRST, /* the caller copies it, and says by links_settle how that went */
    LINK_READY, /* there is a copy: *to and *to_name, valid as long as the links are */
    LINK_BUSY,  /* someone is copying it */
};

struct links *links_new(void);
void links_free(struct links *links); /* takes NULL */
/* Asks what to do with st, which goes to to/to_name. wait: until it is not LINK_BUSY; not for a
 * thread that may be the one that copies it. Returns a link_claim or -ENOMEM. */
int links_claim(struct links *links, const struct stat *st, struct dir *to, const char *to_name,
                bool wait, struct dir **made_in, const char **made_as);
/* The first copy is there, or it failed and the next to ask copies. */
void links_settle(struct links *links, const struct stat *st, bool copied);

#endif
