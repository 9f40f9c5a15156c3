/* poll.h: files that may never have more bytes: FIFOs, terminals, devices. A worker polls them
 * while it reads others. */
#ifndef CORE_SYNC_POLL_H
#define CORE_SYNC_POLL_H

#include <poll.h>

#include "../delivery.h"

/* Those that a worker has open. Zeroed: none. */
struct poll_set {
    struct pollfd *polls; /* [cap] */
    struct file **files;  /* [cap] */
    unsigned len, cap;
};

/* Takes over a file and its descriptor, opened with O_NONBLOCK. Returns 0 or -ENOMEM. */
int poll_set_add(struct poll_set *set, struct file *file, int fd);
/* Waits for one that is ready (poll's timeout), and reads once from each that is; ends those that
 * have ended. */
void poll_set_step(struct poll_set *set, int timeout_ms, void *buf, size_t block,
                   struct delivery *to);
/* Frees an empty set's memory. */
void poll_set_free(struct poll_set *set);

#endif
