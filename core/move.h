/* move.h: what is in the page cache goes from one file into another within the kernel.
 *
 * splice(2) through a pipe copies each page once, where read and write copy it twice. Of 1 GiB
 * (ext4, Linux 6.18), system time:
 *
 *     read and write, 128 KiB    0.32 s
 *     copy_file_range            0.26 s    the kernel's own pipe has 16 pages, and so have its
 * writes splice, a pipe of 1 MiB    0.23 s    and between any two filesystems; never a reflink */
#ifndef CORE_MOVE_H
#define CORE_MOVE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* One thread's. */
struct move {
    int in, out; /* the pipe's ends, once opened; else -1 */
    bool off;    /* there is no pipe to be had */
};

/* files_max: of the engine's options; where it says that descriptors are scarce, nothing is moved.
 */
void move_init(struct move *move, unsigned files_max);
void move_destroy(struct move *move);
/* Moves some of the len bytes from an offset of a regular file to an offset of another, as far as
 * the cache has them. Returns how many; 0: it is for read and write to go on, and to find out what
 * is wrong with the source; -errno where writing has failed, after some bytes perhaps. The files'
 * own offsets stay. */
ssize_t move_cached(struct move *move, int from, uint64_t from_at, int to, uint64_t to_at,
                    size_t len);

#endif
