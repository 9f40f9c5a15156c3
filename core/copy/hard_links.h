/* hard_links.h: which destination has the bytes of a source file with several names. */
#ifndef CORE_COPY_HARD_LINKS_H
#define CORE_COPY_HARD_LINKS_H

#include <sys/stat.h>

#include "../pipeline/file.h"

struct links;

enum link_claim {
    LINK_FIRST, /* the caller copies it, and says by links_settle how that went */
    LINK_READY, /* there is a copy */
    LINK_BUSY,  /* someone is copying it */
};

/* A copy: by its path, since a directory that is kept open for every one would be too many. The
 * numbers tell whether the path leads to it still. */
struct link_made {
    const char *path; /* as the user would write it; valid as long as the links are */
    dev_t dev;
    ino_t ino;
    bool created; /* by the run; else it was there, and was left or written over */
};

struct links *links_new(void);
void links_free(struct links *links); /* takes NULL */
/* Asks what to do with the source st; LINK_READY with *made. wait: until it is not LINK_BUSY; not
 * for a thread that may be the one that copies it. Returns a link_claim or -ENOMEM. */
int links_claim(struct links *links, const struct stat *st, bool wait, struct link_made *made);
/* The first copy is there, at path (taken over), and is *made; or, path being NULL, it failed and
 * the next to ask copies. */
void links_settle(struct links *links, const struct stat *st, char *path, const struct stat *made,
                  bool created);

/* Gives the copy one more name. follow: its first name may be a symbolic link that was there before
 * and was written through. Returns what linkat(2) does: -1 with ESTALE if the copy's name
 * leads to another file by now. */
int links_add(const struct link_made *made, bool follow, int dir_fd, const char *name);

#endif
