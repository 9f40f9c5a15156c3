/* in_use.h: which files the run reads, and which it writes over, so that it does not do both with
 * one file at once.
 *
 * A destination may be the source of another copy: cp -r tree/sub/. tree, or a link in the
 * destination that leads to a source. Each copy must have that file as it was before or as it is
 * after. The files are counted by a hash of their inode: two files with one hash wait for each
 * other, which only costs time. A caller that is refused must give up its mark before it waits. */
#ifndef CORE_COPY_IN_USE_H
#define CORE_COPY_IN_USE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>

struct in_use;

/* The files that one copy uses. Zeroed: none. */
struct in_use_mark {
    bool reads, writes;
    uint16_t source, dest; /* their hashes */
};

/* NULL: out of memory. Any thread may call the functions below; they take NULL, and refuse nothing
 * then. */
struct in_use *in_use_new(void);
void in_use_free(struct in_use *in_use);
/* Marks a source. Returns false, and marks nothing, if it is being written over. */
bool in_use_read(struct in_use *in_use, struct in_use_mark *mark, const struct stat *source);
/* Marks an existing destination. Returns false, and marks nothing, if another copy reads it. */
bool in_use_write(struct in_use *in_use, struct in_use_mark *mark, const struct stat *dest);
/* Gives up the mark of the destination: it is not written over. */
void in_use_end_write(struct in_use *in_use, struct in_use_mark *mark);
/* Gives up what is marked. */
void in_use_end(struct in_use *in_use, struct in_use_mark *mark);

#endif
