/* delivery.h: where a worker's bytes go, and its files when they end: the same for both engines. */
#ifndef CORE_DELIVERY_H
#define CORE_DELIVERY_H

#include <sys/stat.h>

#include "engine.h"

struct delivery {
    struct feed *feed;
    struct sink *sink; /* NULL: none */
    struct stats *stats;
    struct progress *progress;
};

/* Tells whether a file with this fstat(2) ends where a read has ended that was asked for more bytes
 * than it got: then another read would return nothing. A size of 0 tells nothing: /proc has no
 * sizes. */
bool delivery_read_all(const struct stat *st, size_t got, size_t asked, uint64_t end);
/* Gives the sink the file's next bytes. Returns 0, or -errno with the file failed. */
int delivery_sink(const struct delivery *to, struct file *file, const void *bytes, size_t len);
/* Counts bytes that have been delivered, or copied. */
void delivery_count(const struct delivery *to, struct file *file, size_t len);
/* Ends a file that is complete, or has failed: tells the sink, counts it, gives it back. */
void delivery_end(const struct delivery *to, struct file *file);

#endif
