/* sync.h: what the blocking engine's files share. */
#ifndef CORE_SYNC_SYNC_H
#define CORE_SYNC_SYNC_H

#include <sys/types.h>

#include "../engine.h"

enum {
    /* What coreutils reads at a time, too (ioblksize.h): beyond it a cached read gains nothing
     * more, and it stays within a core's L2. */
    SYNC_BLOCK_BYTES = 128 * 1024,
};

/* The bytes of a read request: for O_DIRECT a multiple of what devices take. */
size_t sync_block_bytes(const struct engine_opts *opts);
/* A block for reading, aligned for O_DIRECT; to be freed. NULL: out of memory. */
void *sync_block_new(size_t bytes);
/* Opens a file of the feed for reading; flags are added to those of open(2). Returns the descriptor
 * or -errno. */
int sync_open(const struct engine_opts *opts, struct file *file, int flags);
/* Whether a file that was found as a regular one has turned out to be of another kind, and has
 * failed so. */
bool sync_replaced(struct file *file, mode_t mode);
/* read(2), or pread(2) if the offset `at` is not negative; gone through EINTR and, for O_DIRECT,
 * through what cannot be read so. */
ssize_t sync_read_some(int fd, void *buf, size_t len, off_t at);

/* The file has been read, or has failed: tells the sink, counts it, gives it back. */
void sync_end(struct file *file, struct feed *feed, struct sink *sink, struct stats *stats);

int sync_copy(const struct engine_opts *opts, struct feed *feed, struct copy *copy,
              struct sink *sink, struct stats *stats);
int sync_load(struct load *load, struct load_result *result);

#endif
