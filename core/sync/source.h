/* source.h: opening and reading the files of the feed with blocking calls. */
#ifndef CORE_SYNC_SOURCE_H
#define CORE_SYNC_SOURCE_H

#include <sys/types.h>

#include "../engine.h"

enum {
    /* As coreutils reads (ioblksize.h): a cached read gains nothing from more, and it stays within
     * a core's L2. */
    SOURCE_BLOCK_BYTES = 128 * 1024,
};

/* Bytes of a read request: for O_DIRECT a multiple of what devices take. */
size_t source_block_bytes(const struct engine_opts *opts);
/* Opens a file of the feed for reading; flags are added to those of open(2). Returns the descriptor
 * or -errno. */
int source_open(const struct engine_opts *opts, struct file *file, int flags);
/* Fails a file that was found as a regular one and is of another kind now. Returns whether it is.
 */
bool source_replaced(struct file *file, mode_t mode);
/* Reads at the descriptor's position, or at an offset if `at` is not negative. Retries after EINTR,
 * reads through the cache what O_DIRECT cannot read, and what can be read before a bad sector.
 * Returns the number of bytes, 0 at the end, or -errno. */
ssize_t source_read(int fd, void *buf, size_t len, off_t at);
/* Ends a file that has been read, or has failed: tells the sink, counts it, gives it back. */
void source_end(struct file *file, struct feed *feed, struct sink *sink, struct stats *stats);

#endif
