/* unfinished.h: the files that are being made or written now.
 *
 * A program that ends need not cancel its requests or join its threads: the kernel does that, and
 * sooner, because a thread that waits for a slow device can do nothing. Only files that are not
 * complete would be left: they are removed.
 *
 * A file is removed only if its name still leads to it and no other process has written to it:
 * another program may have put a file of its own under that name, or may have completed this one.
 */
#ifndef CORE_BASE_UNFINISHED_H
#define CORE_BASE_UNFINISHED_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>
#include <sys/stat.h>

/* One file. Zeroed, or { }: none. */
struct unfinished {
    LIST_ENTRY(unfinished) entry;
    bool listed;
    int dir_fd;
    const char *name; /* of a file that this process has created; NULL: it was there before */
    int fd;           /* open on it; -1: a name that no other process uses, or not open any more */
    bool completed;   /* it has its times: another run may have found it complete */
    bool closing;     /* all bytes are written: it is complete unless close(2) fails */
    bool identified;  /* dev and ino are known */
    dev_t dev;
    ino_t ino;
    /* Bytes up to the end of what this process has written, or is about to write: a larger file has
     * been written by somebody else. */
    _Atomic uint64_t extent;
};

/* Returns unless the program ends. Must be called before a file is removed for one that takes
 * its name: that one would not be made any more. */
void unfinished_may_begin(void);
/* A caller that creates a file calls unfinished_begin before that, and unfinished_created after it.
 * If creating has failed, name is NULL. dir_fd and name must stay valid until unfinished_end, fd
 * until unfinished_closing. unfinished_created returns false, and adds nothing, if the list has
 * that file: another thread has claimed it, and it is not ours. */
void unfinished_begin(void);
bool unfinished_created(struct unfinished *file, int dir_fd, const char *name, int fd);
/* Adds an existing file, open as fd, before it is written over. If it is empty, waits for those
 * that are being created now. Returns false, and adds nothing, if the list has that file: it has
 * another writer. */
bool unfinished_claim(struct unfinished *file, int fd, const struct stat *st);
/* Tells that bytes are about to be written up to end. */
void unfinished_extend(struct unfinished *file, uint64_t end);
/* Removes the file's name if it is still this file's. Does nothing for one that was there before.
 */
void unfinished_unlink(struct unfinished *file);
/* A caller that sets the times that tell a complete file calls these before and after it. */
void unfinished_completing(struct unfinished *file);
void unfinished_completed(struct unfinished *file);
/* Notes that its descriptor is about to be closed: all bytes are written. */
void unfinished_closing(struct unfinished *file);
/* Removes a file from the list: it is complete, or has been removed. Does nothing if it is not in
 * the list. */
void unfinished_end(struct unfinished *file);

/* A file that was renamed for one that takes its name. Zeroed, or { }: none. */
struct unfinished_backup {
    LIST_ENTRY(unfinished_backup) entry;
    bool listed;
    int dir_fd;
    const char *name, *backup;
};
/* A caller that renames such a file calls unfinished_backup_begin before that, which does not
 * return if the program ends, and unfinished_backup_made after it; backup: NULL if nothing was
 * renamed. dir_fd and both names must stay valid until unfinished_backup_end, which tells that the
 * new file is complete, or that the rename was undone. */
void unfinished_backup_begin(void);
void unfinished_backup_made(struct unfinished_backup *made, int dir_fd, const char *name,
                            const char *backup);
void unfinished_backup_end(struct unfinished_backup *made);

/* Removes the files that this process has created, and waits for those that are being created now.
 * Then each backup gets its name back if no file has it; waits for those that are being made, for
 * 0.2 seconds at most. Returns the number of files that were there before, and stay incomplete.
 * From here on the functions above do not return: nothing may be made, or counted as complete, any
 * more. The caller ends the program. Not for signal handlers: any thread may hold a lock. */
unsigned unfinished_remove(void);

#endif
