/* cache.h: what of a file is in the page cache. */
#ifndef CORE_BASE_CACHE_H
#define CORE_BASE_CACHE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

/* Returns how much of the file's len bytes from an offset on (len 0: to the end) is in the page
 * cache, in whole pages; -errno if cachestat(2) is missing (before 6.5) or not permitted. Always 0
 * on overlayfs, whose pages belong to the files underneath. */
int64_t cache_resident(int fd, uint64_t from, uint64_t len);
/* Does the same for a file of which *st is known, up to its end, also on overlayfs and without
 * cachestat(2). There it is an estimate if the file is large. Returns -errno if it is unknown. */
int64_t cache_resident_end(int fd, const struct stat *st, uint64_t from);
/* Tells whether all of a range of the file, at most 1 MiB, is in the page cache, also without
 * cachestat(2). false if it is unknown. */
bool cache_has(int fd, uint64_t from, size_t len);
/* Returns whether the rest of a file, from an offset to size, is better read past the page cache:
 * none of it is cached, or it is long and less than half of it is. *st is the file's. */
bool cache_is_cold(int fd, const struct stat *st, uint64_t size, uint64_t from);
/* Returns how much of the file is in the page cache and has not been written, in whole pages;
 * -errno as cache_resident. */
int64_t cache_dirty(int fd);
/* Evicts the clean pages between two offsets; end 0: to the end. */
void cache_drop(int fd, uint64_t from, uint64_t end);

#endif
