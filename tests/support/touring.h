/* touring.h: walks of a tree, and what was found on them. */
#ifndef TESTS_TOURING_H
#define TESTS_TOURING_H

#include "../../core/pipeline/walk.h"

struct seen {
    char *path;
    unsigned char type;
    bool inode_right; /* that of the entry, of its target where links are followed */
    bool may_follow;  /* its directory says so */
    enum step step;
    int status;
};

/* One walk: how it was asked for, and what it found. */
struct tour {
    const char *root;
    struct walk_opts opts;
    const char *leave_out; /* a directory's name */
    unsigned stop_after;   /* end the walk at this entry, with -ECANCELED; 0: never */
    bool no_enter;         /* an operation that has none */

    struct seen *seen;
    size_t len, cap;
    unsigned entries;
    char entered[8192]; /* the directories' paths, each with a newline */
};

/* Returns what walk_tree did. */
int tour_walk(struct tour *tour);
void tour_free(struct tour *tour);
/* Whether an entry was seen so. */
bool tour_saw(const struct tour *tour, size_t i, const char *path, unsigned char type,
              enum step step, int status);
void tour_make_dir(const char *path);

#endif
