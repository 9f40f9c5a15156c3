/* hard_links.h: which destination has the bytes of a source file with several names. */
#ifndef CORE_COPY_HARD_LINKS_H
#define CORE_COPY_HARD_LINKS_H

#include <sys/stat.h>

#include "../digest/digest.h"
#include "../pipeline/file.h"

struct hard_links;
struct hard_link; /* a source file with several names; valid as long as the links are */

enum link_claim {
    LINK_FIRST, /* the caller copies it, and says by hard_links_resolve how that went */
    LINK_READY, /* there is a copy */
    LINK_BUSY,  /* someone is copying it */
};

/* A copy: by its path, since a directory that is kept open for every one would be too many. The
 * numbers tell whether the path leads to it still. */
struct link_target {
    const char *path; /* as the user would write it; valid as long as the links are */
    dev_t dev;
    ino_t ino;
    bool created; /* by the run; else it was there, and was left or written over */
};

struct hard_links *hard_links_new(void);
void hard_links_free(struct hard_links *links); /* takes NULL */
/* Asks what to do with the source st. Returns a link_claim or -ENOMEM; LINK_READY sets *made. With
 * wait, it waits while another thread copies the source, and never returns LINK_BUSY. A thread that
 * has claimed a source must not wait: it would wait for itself. */
int hard_links_claim(struct hard_links *links, const struct stat *st, bool wait,
                     struct link_target *made);
/* Ends a claim: the first copy is at path (taken over), and is *made. path NULL: it has failed, and
 * the next caller that asks copies. */
void hard_links_resolve(struct hard_links *links, const struct stat *st, char *path,
                        const struct stat *made, bool created);

/* Returns whether the source st has been copied; sets *made if so. It claims nothing, and does not
 * wait. */
bool hard_links_made(struct hard_links *links, const struct stat *st, struct link_target *made);

/* Finds a source that was claimed. */
struct hard_link *hard_links_find(struct hard_links *links, const struct stat *st);
/* Notes the digest of one of its names, of len bytes, DIGEST_BYTES_MAX at most. Returns false if
 * that of another name was a different one: the source was written to between two reads. For one
 * thread at a time. */
bool hard_link_digest(struct hard_link *link, const uint8_t *digest, size_t len);
/* Returns whether the inode is that copy. */
bool hard_links_is_target(const struct stat *st, const struct link_target *made);
/* Gives the copy one more name. follow: its first name may be a symbolic link that was there before
 * and was written through. Returns what linkat(2) does: -1 with ESTALE if the copy's name
 * leads to another file by now. */
int hard_links_add(const struct link_target *made, bool follow, int dir_fd, const char *name);

#endif
