/* extents.h: where a sparse source ends. */
#ifndef CORE_COPY_EXTENTS_H
#define CORE_COPY_EXTENTS_H

#include <stdbool.h>
#include <sys/types.h>

/* lseek(2) with SEEK_DATA has found nothing from offset on. Returns the file's size, up to which
 * all is a hole; offset if the file ends there or before; -EAGAIN if data has been appended
 * meanwhile, and must be copied; or another -errno. The size is asked for first: what is a hole
 * after that was one while the file had this size. */
off_t extents_last_hole(int fd, off_t offset);

/* Whether lseek(2) tells where the holes of a file are, which has some by its count of blocks: a
 * filesystem that does not know calls all of it data. The descriptor's position is 0 then. */
bool extents_are_known(int fd, off_t size);

#endif
