/* offload.h: copies from file to file within the kernel. */
#ifndef CMD_ACAT_OFFLOAD_H
#define CMD_ACAT_OFFLOAD_H

#include <stdint.h>

struct progress;

/* Opens a file if it is large and in the page cache. Returns its descriptor, or -1. */
int offload_open_cached(const char *name);
/* Copies from fd to standard output, as far as the kernel can. Returns the number of bytes: the
 * caller must go on with read and write, which also find the end and report errors. Returns -errno
 * if fd cannot be read any further. */
int64_t offload_to_stdout(int fd, struct progress *progress);

#endif
