/* ahead.h: calls of the producer that are made on other threads, if they wait for a server: the
 * walk would make them one after the other. */
#ifndef CORE_COPY_AHEAD_H
#define CORE_COPY_AHEAD_H

#include <sys/stat.h>

#include "copy.h"

/* Starts, if the caller of the copy has set threads_ahead. Without memory there is no copy->pool,
 * and all calls are the producer's. */
void ahead_start(struct copy *copy);
/* Waits for all that is under way, and ends. */
void ahead_end(struct copy *copy);

/* Looks up the operands from next on that the producer will come to, some at a time, relative to
 * dir; dest: also where they go. */
void ahead_operands(struct copy *copy, struct dir *dir, size_t next, bool dest);

/* For walk_ops, with the struct copy as arg. ahead_look looks up a name that the walk will come to,
 * in the source and in the destination, so that the kernel knows it then. */
void ahead_look(struct dir *dir, const char *name, void *copy);
void ahead_settle(void *copy);

/* Tells whether a look has found that there is nothing at the destination. The kernel does not
 * remember that of a server, and would ask again. Names that another process, or a worker on a
 * filesystem that folds names, has made since are found when they are created. Called in the order
 * of the looks of a directory. */
bool ahead_missing(struct copy *copy, const struct dir *dir, const char *name);

/* Copies a file without bytes: on a thread if its copy may be made in any order. Afterwards the
 * file is done. Returns 0 or -errno to end the walk. */
int ahead_nonregular(struct copy *copy, struct feed *feed, struct file *file);

/* Has a thread compare and set the attributes of a file that is left as it is (update.h).
 * Afterwards the file is done. Returns 0 or -errno to end the walk. */
int ahead_attributes(struct copy *copy, struct feed *feed, struct file *file, const struct stat *st,
                     const struct stat *at);

#endif
