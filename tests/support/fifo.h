/* fifo.h: the other end of a FIFO, in a process of its own. It cannot be a thread: valgrind (3.19)
 * runs no thread of a program while one of them waits in io_uring_enter(2). */
#ifndef TESTS_FIFO_H
#define TESTS_FIFO_H

#include <stdint.h>
#include <sys/types.h>

/* Makes a FIFO. */
void fifo_make(const char *path);
/* Writes the first len bytes of a seed's pattern, slowly and in uneven parts, or until the reader
 * is gone. Returns the process, for child_end. */
pid_t fifo_write(const char *path, uint64_t seed, uint64_t len);
/* Copies its bytes to a file. Returns the process, for child_end. */
pid_t fifo_read(const char *path, const char *into);

#endif
