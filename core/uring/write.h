/* uring/write.h: writing the copy of a large file past the page cache, by requests.
 *
 * A large file that is read past the cache goes from device to device: its blocks are written with
 * O_DIRECT, through the ring, while the next ones are read. Until the last bytes are written, the
 * copy's size is kept short of the source's: whatever ends the program, a copy that is not complete
 * does not look complete. */
#ifndef CORE_URING_WRITE_H
#define CORE_URING_WRITE_H

#include "../base/direct.h"
#include "../copy/dest.h"
#include "loop.h"

/* One copy's. Zeroed at first. */
struct write_state {
    bool decided;     /* whether to write directly */
    bool on;          /* dest->fd is O_DIRECT */
    uint64_t tail_at; /* what comes from here on is written last */
    size_t tail_len;
    char tail[DIRECT_ALIGN];
};

/* Writes a block by a request, if it can be. Returns 1 if it will be written, and freed then; 0 if
 * it must be written through the cache; or -errno with the file failed. */
int write_block(struct loop *loop, struct block *block, struct write_state *state,
                struct dest *dest);
/* Handles the completion of a write: writes the rest, or frees the block. */
void write_done(struct loop *loop, struct block *block, int res);
/* Writes the last bytes, after all requests. Returns 0, or -errno with the file failed. */
int write_tail(struct write_state *state, struct dest *dest, const struct delivery *to,
               struct file *file);

#endif
