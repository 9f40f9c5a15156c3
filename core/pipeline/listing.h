/* listing.h: the entries of a directory, or as many as are sorted at a time, in the order of the
 * walk. */
#ifndef CORE_PIPELINE_LISTING_H
#define CORE_PIPELINE_LISTING_H

#include "walk.h"

enum {
    /* of one getdents64(2): a round trip on FUSE, which fills what it is given */
    LISTING_BYTES = 256 * 1024,
};

struct subdir; /* subdirs.h */

struct found {
    uint64_t ino;
    size_t name_at; /* in the listing's names */
    unsigned char type;
    bool link;             /* followed: type and ino are its target's */
    struct subdir *subdir; /* a directory that a thread looks into; owned, or NULL */
};

/* Zeroed at first. The entries must have no subdir when the next ones are read, and in the end. */
struct listing {
    struct found *entries;
    size_t len, cap;
    size_t found; /* with what is excluded */
    char *names;
    size_t names_len, names_cap;
};

/* Reads the next entries of a directory, without those that are excluded. root_len is the path_len
 * of the walk's root, raw has LISTING_BYTES and is aligned to 8. Returns 1 if there may be more, 0
 * at the end, -errno. From any thread. */
int listing_read(struct listing *list, const struct dir *dir, const struct walk_opts *opts,
                 size_t root_len, char *raw);
/* Finds out the type of an entry, if the directory does not tell it or a link must be followed. If
 * that fails with -errno, the type stays, and the entry is looked up again when its turn comes. */
int listing_stat(const struct walk_opts *opts, int fd, const char *name, struct found *entry);
void listing_free(struct listing *list);

#endif
