/* unfinished.h: files that are being made, so that a program that is told to end can remove them.
 *
 * A program that ends needs neither its requests cancelled nor its threads joined: the kernel does
 * that, and sooner, as a thread that waits for a slow device cannot do anything. All that would be
 * left of it are files that are not complete. */
#ifndef CORE_COPY_UNFINISHED_H
#define CORE_COPY_UNFINISHED_H

/* One file. Zeroed, or { }: none. */
struct unfinished {
    struct unfinished *next, **at; /* in the list, where neighbours change them */
    int dir_fd;
    const char *name; /* only its own thread sets it; NULL: it is not in the list */
};

/* Around the call that creates a file: the first before it, the second after it, failed or not
 * (name NULL: nothing was created). dir_fd and name are to stay until unfinished_end. */
void unfinished_begin(void);
void unfinished_created(struct unfinished *file, int dir_fd, const char *name);
/* It is complete, or has been removed. Does nothing where it is none. */
void unfinished_end(struct unfinished *file);

/* Removes them all, and waits for those that are being created now. From here on the functions
 * above do not return: nothing may be made, or counted as complete, any more. The caller ends the
 * program. Not for signal handlers: any thread may hold a lock. */
void unfinished_remove(void);

#endif
