/* poll.c: what a blocking program does about files that let it wait: it polls them, and gets
 * on with the others. See poll.h.
 *
 * Opened with O_NONBLOCK, a FIFO without a writer is no obstacle; poll does not report a hang-up
 * before there has been one, so that its end is not taken for the end of what was never written. */
#define _GNU_SOURCE
#include "poll.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "sync.h"

int slow_add(struct slow *slow, struct file *file, int fd)
{
    if (slow->len == slow->cap) {
        unsigned cap = slow->cap ? slow->cap * 2 : 8;
        void *polls = realloc(slow->polls, cap * sizeof(*slow->polls));
        void *files;
        if (!polls)
            return -ENOMEM;
        slow->polls = polls;
        files = realloc(slow->files, cap * sizeof(struct file *));
        if (!files)
            return -ENOMEM;
        slow->files = files;
        slow->cap = cap;
    }
    slow->polls[slow->len] = (struct pollfd){.fd = fd, .events = POLLIN};
    slow->files[slow->len++] = file;
    return 0;
}

/* One read. 1: there may be more; 0: that was the end, or an error. */
static int read_once(struct slow *slow, struct file *file, int fd, void *buf, size_t block,
                     struct sink *sink, struct stats *stats)
{
    ssize_t n = sync_read_some(fd, buf, block, -1);
    int rc;

    if (n == -EAGAIN) {
        struct pollfd again = {.fd = fd, .events = POLLIN};
        /* another reader was faster; or poll says yes to everything: then it has to be waited for
         */
        if (poll(&again, 1, 0) == 1 && (again.revents & POLLIN))
            (void)fcntl(fd, F_SETFL, 0);
        return 1;
    }
    if (n <= 0) {
        if (n < 0)
            file_fail(file, STEP_READ, (int)n);
        return 0;
    }
    rc = sink->data(sink, file, buf, (size_t)n);
    if (rc < 0) {
        file_fail(file, STEP_SINK, rc);
        return 0;
    }
    file->bytes += (uint64_t)n;
    stats->bytes_read += (uint64_t)n;
    progress_bytes(slow->progress, (uint64_t)n);
    return 1;
}

void slow_step(struct slow *slow, int timeout_ms, void *buf, size_t block, struct feed *feed,
               struct sink *sink, struct stats *stats)
{
    unsigned kept = 0;

    if (poll(slow->polls, slow->len, timeout_ms) <= 0)
        return;
    for (unsigned i = 0; i < slow->len; i++) {
        struct pollfd *at = &slow->polls[i];
        struct file *file = slow->files[i];

        if (!at->revents || read_once(slow, file, at->fd, buf, block, sink, stats)) {
            slow->polls[kept] = *at;
            slow->files[kept++] = file;
            continue;
        }
        close(at->fd);
        sync_end(file, feed, sink, stats);
    }
    slow->len = kept;
}

void slow_free(struct slow *slow)
{
    free(slow->polls);
    free(slow->files);
}
