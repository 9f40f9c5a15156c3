/* preload.h: libraries that LD_PRELOAD names, and that may replace calls: fakeroot's changes what
 * stat tells, fakechroot's which file a path leads to. System calls and requests of a ring do not
 * pass through them. */
#ifndef CORE_BASE_PRELOAD_H
#define CORE_BASE_PRELOAD_H

#include <stdbool.h>

/* Tells whether files must be opened and looked up by libc's calls. */
bool preload_present(void);
/* Gives the calling thread a working directory of its own, if such a library may be there:
 * fakechroot enters the directory that a call such as openat names, to learn its path, and the
 * calls of other threads would lead there. Each thread that looks files up begins with it. */
void preload_thread_begins(void);

#endif
