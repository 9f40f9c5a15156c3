/* relay.h: a sink that works on a thread of its own, for large files.
 *
 * An engine's thread that digests what it reads submits no requests meanwhile. One file's bytes
 * cannot be digested by two threads, but they can by another one: they are copied once, which takes
 * a tenth of the time of the digest. A cold copy of 4 GiB took 1.33 times as long with a digest,
 * and 1.07 times with it on another thread. */
#ifndef CORE_RELAY_H
#define CORE_RELAY_H

#include "engine.h"

/* A sink that gives large blocks to inner on its own thread, and small ones at once. It owns inner,
 * takes NULL for one that could not be made, and frees it by free_inner. NULL: out of memory. The
 * thread is started when it is first needed; where that fails all is done at once. */
struct sink *relay_new(struct sink *inner, void (*free_inner)(struct sink *inner));
void relay_free(struct sink *relay); /* takes NULL */

#endif
