/* extents.h: data and holes of a sparse file, by lseek(2). */
#ifndef CORE_BASE_EXTENTS_H
#define CORE_BASE_EXTENTS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* Finds the next data at or after *offset: moves *offset there, and sets *end to its end. All
 * is data, up to UINT64_MAX, if the filesystem does not tell (/proc). Returns 1; 0 if the rest is a
 * hole: *offset is the file's size then; or -errno. */
int extents_next(int fd, uint64_t *offset, uint64_t *end);

/* Returns where a file ends that has shrunk: a read at offset found its end, though data was there
 * when it was searched for. All before data_end had been read, and from there to offset was a hole:
 * the end is the size that it has now, within these. */
uint64_t extents_end(int fd, uint64_t data_end, uint64_t offset);

/* Tells whether lseek(2) finds the holes of a file that has some by its count of blocks: a
 * filesystem that does not know them calls all of it data. The descriptor's position is 0 then. */
bool extents_are_known(int fd, off_t size);

#endif
