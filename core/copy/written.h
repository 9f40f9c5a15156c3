/* written.h: which destinations the run has made or written, by device, inode and birth.
 *
 * Two sources may lead to one destination whose names differ: a filesystem that folds case, a
 * symbolic link that the run itself has made. What the run has written must then not be lost
 * without a word. Names in a directory that the run has made need no entry here: whatever exists
 * there is the run's (dir->created). */
#ifndef CORE_COPY_WRITTEN_H
#define CORE_COPY_WRITTEN_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>

#include "../pipeline/file.h"

struct written;

/* How the run came to a file. */
enum written_how {
    WRITTEN_NONE,
    WRITTEN_CREATED, /* the run has made it */
    WRITTEN_OVER,    /* it was there, and the run has written over it */
    WRITTEN_NAME,    /* no file but a name (written_name) */
};

/* NULL: out of memory. Any thread may call the functions below. 32 bytes an entry. */
struct written *written_new(void);
void written_free(struct written *written); /* takes NULL */
/* A caller that makes a destination which it notes calls written_begin before that, and written_end
 * after it. Both take NULL, and do nothing then. */
void written_begin(struct written *written);
void written_end(struct written *written);
/* Waits until what other threads are making now is noted. */
void written_settle(struct written *written);
/* Returns the lock of a file that was there before. Two sources may lead to it: one of them writes
 * it over, and another one takes its name away. Held while one of them decides, and until it is
 * noted or has been moved. */
pthread_mutex_t *written_lock(struct written *written, const struct stat *st);
/* Counts a name that the run has taken from a file; the file's lock is held. */
void written_moved(struct written *written);
/* Returns that count. A file that was opened by its name has the name still if no other name has
 * been counted since. */
unsigned written_moves(struct written *written);
/* Notes a file. birth_ns: that of statx_birth. scope: the group of sources within which no two may
 * lead to one destination; only compared. A second entry for an inode replaces the first; if
 * its birth is unknown, the first one's stays. Returns 0 or -ENOMEM. Takes NULL, and does nothing
 * then. */
int written_add(struct written *written, const struct stat *st, int64_t birth_ns, const void *scope,
                enum written_how how);
/* Notes a name that a source leads to in a directory that was there. Returns 1 if a name that
 * differs in case at most has been noted before, 0, or -ENOMEM. Takes NULL, and does nothing then.
 * For directories on filesystems whose inode numbers tell nothing. */
int written_name(struct written *written, const struct dir *dir, const char *name,
                 const void *scope);
/* Returns whether two sources with the scope lead to one entry, by names that differ in case:
 * 1, 0, or -errno. Lists the directory only if two such names have been noted. */
int written_name_collides(struct written *written, const struct dir *dir, const char *name,
                          const void *scope);
/* Returns how the run has come to a file, with *scope. st is that of fstatat(2) with dir_fd, name
 * and flags, or of fstat(2) if name is NULL. If another process has removed the run's file, a new
 * one may have its inode: then its birth is asked for. Takes NULL. */
enum written_how written_find(struct written *written, const struct stat *st, int dir_fd,
                              const char *name, int flags, const void **scope);

#endif
