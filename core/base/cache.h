/* cache.h: what of a file is in the page cache. */
#ifndef CORE_BASE_CACHE_H
#define CORE_BASE_CACHE_H

#include <stdint.h>

/* How much of the file's len bytes from an offset on (len 0: to the end) is in the page cache, in
 * whole pages; -errno where the kernel does not tell (before 6.5) or not us. */
int64_t cache_resident(int fd, uint64_t from, uint64_t len);
/* How much of the file is in the page cache and has not been written, in whole pages; -errno as
 * cache_resident. */
int64_t cache_dirty(int fd);
/* Lets go of what is there between two offsets, unless it is still to be written; end 0: to the
 * end. */
void cache_drop(int fd, uint64_t from, uint64_t end);

#endif
