/* extents.h: where a sparse source ends. */
#ifndef CORE_COPY_EXTENTS_H
#define CORE_COPY_EXTENTS_H

#include <sys/types.h>

/* lseek(2) with SEEK_DATA has found nothing from offset on. Returns the file's size, up to which
 * all is a hole; offset if the file ends there or before; -EAGAIN if data has been appended
 * meanwhile, and must be copied; or another -errno. The size is asked for first: what is a hole
 * after that was one while the file had this size. */
off_t extents_last_hole(int fd, off_t offset);

#endif
