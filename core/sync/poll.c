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

#include "source.h"

int poll_set_add(struct poll_set *set, struct file *file, int fd)
{
    if (set->len == set->cap) {
        unsigned cap = set->cap ? set->cap * 2 : 8;
        void *polls = realloc(set->polls, cap * sizeof(*set->polls));
        void *files;
        if (!polls)
            return -ENOMEM;
        set->polls = polls;
        files = realloc(set->files, cap * sizeof(struct file *));
        if (!files)
            return -ENOMEM;
        set->files = files;
        set->cap = cap;
    }
    set->polls[set->len] = (struct pollfd){.fd = fd, .events = POLLIN};
    set->files[set->len++] = file;
    return 0;
}

/* One read. 1: there may be more; 0: that was the end, or an error. */
static int read_once(struct poll_set *set, struct file *file, int fd, void *buf, size_t block,
                     struct sink *sink, struct stats *stats)
{
    ssize_t n = source_read(fd, buf, block, -1);
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
    progress_bytes(set->progress, (uint64_t)n);
    return 1;
}

void poll_set_step(struct poll_set *set, int timeout_ms, void *buf, size_t block, struct feed *feed,
                   struct sink *sink, struct stats *stats)
{
    unsigned kept = 0;

    if (poll(set->polls, set->len, timeout_ms) <= 0)
        return;
    for (unsigned i = 0; i < set->len; i++) {
        struct pollfd *at = &set->polls[i];
        struct file *file = set->files[i];

        if (!at->revents || read_once(set, file, at->fd, buf, block, sink, stats)) {
            set->polls[kept] = *at;
            set->files[kept++] = file;
            continue;
        }
        close(at->fd);
        source_end(file, feed, sink, stats);
    }
    set->len = kept;
}

void poll_set_free(struct poll_set *set)
{
    free(set->polls);
    free(set->files);
}
