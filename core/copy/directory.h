/* directory.h: the directories of a copy. */
#ifndef CORE_COPY_DIRECTORY_H
#define CORE_COPY_DIRECTORY_H

#include "copy.h"

/* For walk_ops.enter: makes or finds the destination of a directory that the walk goes into. */
int directory_enter(struct feed *feed, struct dir *dir, const char *name, void *copy);
/* For walk_ops.prepare: makes it in a directory that the run has made, or opens it in an older one,
 * unless directory_enter must decide what becomes of it. */
void directory_prepare(struct dir *dir, const char *name, void *copy);

/* -- between directory.c and parents.c -- */

/* A directory that is being copied: the op of the source's struct dir, or, for one that --parents
 * has made, of the destination's. */
struct directory {
    struct copy *copy;
    struct dir *to; /* owned reference; NULL if this belongs to the destination's struct dir */
    struct stat st; /* the source's */
    bool created;
    mode_t lent;   /* rights of the owner that it has only until it is complete */
    bool finished; /* --parents: its attributes stay as they are, and so does its mode */
};

/* Makes or finds the destination of a directory, and opens it. Sets op->created and op->lent.
 * Returns the descriptor, or -errno with *step. */
int directory_make(struct copy *copy, struct dir *to, const char *name, struct directory *op,
                   bool may_follow, enum step *step);
/* Gives a directory its rights and attributes after everything in it has been copied. status: 0;
 * -errno: the source dir is not open and could not be opened again, which is reported if it may
 * have attributes that are wanted. */
void directory_finish(const struct directory *op, const struct dir *to, const struct dir *dir,
                      int status);
/* Tells the caller of the directory's filesystem, if it is another one. Returns 0 or -errno. */
int directory_on_filesystem(struct copy *copy, int fd);

#endif
