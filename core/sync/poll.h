/* poll.h: files that may let one wait: FIFOs, terminals, devices. */
#ifndef CORE_SYNC_POLL_H
#define CORE_SYNC_POLL_H

#include <poll.h>

#include "../engine.h"

/* Those that a worker has open. Zeroed but for progress: none. */
struct poll_set {
    struct progress *progress;
    struct pollfd *polls; /* [cap] */
    struct file **files;  /* [cap] */
    unsigned len, cap;
};

/* Takes over a file and its descriptor, opened with O_NONBLOCK. Returns 0 or -ENOMEM. */
int poll_set_add(struct poll_set *set, struct file *file, int fd);
/* Reads once from each that is ready, waiting for one (poll's timeout); into the sink, and back to
 * the feed where one has ended. */
void poll_set_step(struct poll_set *set, int timeout_ms, void *buf, size_t block, struct feed *feed,
                   struct sink *sink, struct stats *stats);
void poll_set_free(struct poll_set *set);

#endif
