/* poll.c: see poll.h.
 *
 * Opened with O_NONBLOCK, a FIFO without a writer is no obstacle. poll(2) does not report a hang-up
 * before a writer has been there: so the FIFO does not seem to have ended. */
#define _GNU_SOURCE
#include "poll.h"

#include <assert.h>
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

/* Reads once. Returns false if the file has ended, or has failed. */
static bool read_once(struct file *file, int fd, void *buf, size_t block, struct delivery *to)
{
    ssize_t n = source_read(fd, buf, block, -1);

    if (n == -EAGAIN) {
        struct pollfd again = {.fd = fd, .events = POLLIN};
        /* Another reader was faster; or poll says yes to everything: then it must be waited for. */
        if (poll(&again, 1, 0) == 1 && (again.revents & POLLIN))
            (void)fcntl(fd, F_SETFL, 0);
        return true;
    }
    if (n < 0)
        file_fail(file, STEP_READ, (int)n);
    if (n <= 0 || delivery_sink(to, file, buf, (size_t)n) < 0)
        return false;
    delivery_count(to, file, (size_t)n);
    return true;
}

void poll_set_step(struct poll_set *set, int timeout_ms, void *buf, size_t block,
                   struct delivery *to)
{
    unsigned kept = 0;

    if (poll(set->polls, set->len, timeout_ms) <= 0)
        return;
    for (unsigned i = 0; i < set->len; i++) {
        struct pollfd *at = &set->polls[i];
        struct file *file = set->files[i];

        if (!at->revents || read_once(file, at->fd, buf, block, to)) {
            set->polls[kept] = *at;
            set->files[kept++] = file;
            continue;
        }
        close(at->fd);
        delivery_end(to, file);
    }
    set->len = kept;
}

void poll_set_free(struct poll_set *set)
{
    assert(set->len == 0); /* else a file would never be given back */
    free(set->polls);
    free(set->files);
}
