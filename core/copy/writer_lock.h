/* writer_lock.h: keeps two processes from writing one destination at once.
 *
 * An open file description lock (fcntl(2), F_OFD_SETLK) on bytes that no file has: it excludes
 * only other runs of these programs, and the kernel releases it when the descriptor is closed, also
 * if the process is killed. */
#ifndef CORE_COPY_WRITER_LOCK_H
#define CORE_COPY_WRITER_LOCK_H

#include <stdbool.h>

enum writer {
    WRITER_SELF,     /* the lock is ours, or the filesystem has no locks */
    WRITER_CREATES,  /* another process is making the file */
    WRITER_REWRITES, /* another process is writing over a file that was there before */
};

/* Locks the file that is open for writing as fd; does not wait. creates: this process has just made
 * it. */
enum writer writer_lock(int fd, bool creates);

#endif
