/* source.h: opening and reading the files of the feed with blocking calls. */
#ifndef CORE_SYNC_SOURCE_H
#define CORE_SYNC_SOURCE_H

#include <sys/stat.h>
#include <sys/types.h>

#include "../delivery.h"

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
/* Reads at the descriptor's position, or at an offset if `at` is not negative. Retries after EINTR.
 * Reads through the cache what O_DIRECT cannot read. Stops before a bad sector. Returns the number
 * of bytes, 0 at the end, or -errno. A short read is not the end. */
ssize_t source_read(int fd, void *buf, size_t len, off_t at);
/* Closes the file, and counts its bytes if they were read with O_DIRECT to the end. */
void source_end(const struct engine_opts *opts, const struct file *file, int fd,
                struct stats *stats);

/* A file that is being read from its beginning to its end. */
struct source {
    struct file *file;
    int fd;
    bool by_offset; /* found as a regular file, until it has refused that */
    struct stat st; /* zeroed: not known, as for a walk's file that fits one block */
    bool checked;   /* what it is, and how to read it */
    bool ended;     /* the last read has told that another one would return nothing */
    bool drop;      /* it is large and was not in the page cache: it is not left in it */
    uint64_t dropped;
};

/* Reads the file's next bytes, file->bytes being delivered. Returns how many; 0 if it has ended, or
 * has failed. */
size_t source_next(struct source *source, const struct engine_opts *opts, void *buf, size_t len);
/* The same, and drops from the page cache what was not in it. */
void source_close(struct source *source, const struct engine_opts *opts, struct stats *stats);

#endif
