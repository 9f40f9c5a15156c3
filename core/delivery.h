/* delivery.h: a worker's files, and where their bytes go: the same for both engines. */
#ifndef CORE_DELIVERY_H
#define CORE_DELIVERY_H

#include <sys/stat.h>

#include "engine.h"

struct delivery {
    struct feed *feed;
    struct sink *sink; /* NULL: none */
    struct stats *stats;
    struct progress *progress;
    unsigned kept;   /* files that the sink keeps */
    uint64_t passed; /* bytes delivered since it has kept the last one */
};

/* Takes the next file. Before it waits, and at the feed's end, it has the sink complete what it
 * keeps. Returns as feed_next does. */
int delivery_next(struct delivery *to, struct file **file, bool wait);
/* Tells whether a read of a file with this fstat(2) has come to its end: it got fewer bytes than it
 * was asked for, and they end at st_size. Then another read would return nothing. In /proc st_size
 * is 0, which tells nothing. */
bool delivery_read_all(const struct stat *st, size_t got, size_t asked, uint64_t end);
/* Gives the sink the file's next bytes. Returns 0, or -errno with the file failed. */
int delivery_sink(const struct delivery *to, struct file *file, const void *bytes, size_t len);
/* Counts bytes that have been delivered, or copied. If a large file keeps those that the sink keeps
 * waiting, these are completed. */
void delivery_count(struct delivery *to, struct file *file, size_t len);
/* Ends a file that is complete, or has failed: tells the sink, counts it, gives it back. If the
 * sink keeps it, it is given back later. */
void delivery_end(struct delivery *to, struct file *file);
/* Has the sink complete all files that it keeps: before an engine waits, and when it ends. */
void delivery_flush(struct delivery *to);

#endif
