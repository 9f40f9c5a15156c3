/* salvage.h: reading the good bytes before a bad place of a device. */
#ifndef CORE_BASE_SALVAGE_H
#define CORE_BASE_SALVAGE_H

#include <stdint.h>
#include <sys/types.h>

/* Reads len bytes at an offset again, in small pieces up to the first that fails: one read of them
 * has failed with *status (-errno). Returns how many bytes were read. Sets *status to 0 if no piece
 * has failed: then fewer than len bytes are the file's end. */
size_t salvage_read(int fd, char *buf, size_t len, uint64_t offset, int *status);

#endif
