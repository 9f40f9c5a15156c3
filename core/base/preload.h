/* preload.h: libraries that LD_PRELOAD names, and that may replace calls: fakeroot's changes what
 * stat tells, fakechroot's which file a path leads to. System calls and requests of a ring do not
 * pass through them. */
#ifndef CORE_BASE_PRELOAD_H
#define CORE_BASE_PRELOAD_H

#include <stdbool.h>

/* Tells whether files must be opened and looked up by libc's calls. */
bool preload_present(void);

#endif
