/* touring.h: walks a tree and records the entries. */
#ifndef TESTS_TOURING_H
#define TESTS_TOURING_H

#include <stdatomic.h>

#include "../../core/pipeline/walk.h"

struct seen {
    char *path;
    unsigned char type;
    bool inode_right; /* is that of the entry, or of its target if links are followed */
    bool may_follow;  /* as its directory reports */
    enum step step;
    int status;
};

/* a walk: its options and its results */
struct tour {
    const char *root;
    struct walk_opts opts;
    const char *leave_out; /* name of a directory */
    unsigned stop_after;   /* end the walk at this entry, with -ECANCELED; 0: never */
    bool no_enter;         /* for an operation without enter */
    atomic_uint prepared;  /* with opts.pool: directories, ahead of the walk */
    atomic_uint released;  /* of these */

    struct seen *seen;
    size_t len, cap;
    unsigned entries;
    char entered[8192]; /* the directories' paths, each with a newline */
};

/* Returns the result of walk_tree. */
int tour_walk(struct tour *tour);
void tour_free(struct tour *tour);
/* Tells if the walk saw this entry. */
bool tour_saw(const struct tour *tour, size_t i, const char *path, unsigned char type,
              enum step step, int status);
void tour_make_dir(const char *path);

#endif
