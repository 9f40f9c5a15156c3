/* preload.h: what may replace calls: libraries that LD_PRELOAD names, and tracers. fakeroot's
 * library changes what stat tells, fakechroot's and proot which file a path leads to. System calls
 * do not pass through a library, requests of a ring through neither. */
#ifndef CORE_BASE_PRELOAD_H
#define CORE_BASE_PRELOAD_H

#include <stdbool.h>

/* Tells whether files must be opened and looked up by libc's calls. */
bool preload_present(void);
/* Tells whether a tracer may translate paths: another one than strace and gdb, which do not. */
bool preload_tracer(void);
/* Gives the calling thread a working directory of its own, if such a library may be there:
 * fakechroot enters the directory that a call such as openat names, to learn its path, and the
 * calls of other threads would lead there. Each thread that looks files up begins with it. */
void preload_thread_begins(void);

#endif
