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

/* Returns the end of a file that has shrunk: lseek(2) found data at offset, and then a read there
 * found the end. The bytes before data_end have been read, and from data_end to offset was a hole.
 * The end is the file's present size, but not before data_end and not after offset. */
uint64_t extents_end(int fd, uint64_t data_end, uint64_t offset);

/* Tells whether lseek(2) finds the holes of a file that has some by its count of blocks: a
 * filesystem that does not know them calls all of it data. The descriptor's position is 0 then. */
bool extents_are_known(int fd, off_t size);

#endif
