/* delivery.c: see delivery.h. */
#define _GNU_SOURCE
#include "delivery.h"

#include <assert.h>
#include <errno.h>

enum {
    LATE_BYTES = 8 * 1024 * 1024, /* 6 ms of SHA-256 */
};

int delivery_next(struct delivery *to, struct file **file, bool wait)
{
    int rc;

    if (!wait || to->kept == 0)
        return feed_next(to->feed, file, wait);
    rc = feed_next(to->feed, file, false);
    if (rc == 0)
        return 0;
    delivery_flush(to);
    return rc == -EAGAIN ? feed_next(to->feed, file, true) : rc;
}

bool delivery_read_all(const struct stat *st, size_t got, size_t asked, uint64_t end)
{
    return S_ISREG(st->st_mode) && got > 0 && got < asked && end == (uint64_t)st->st_size;
}

int delivery_sink(const struct delivery *to, struct file *file, const void *bytes, size_t len)
{
    int rc = to->sink->data(to->sink, file, bytes, len);

    if (rc < 0)
        file_fail(file, STEP_SINK, rc);
    return rc;
}

void delivery_count(struct delivery *to, struct file *file, size_t len)
{
    file->bytes += len;
    to->stats->bytes_read += len;
    progress_bytes(to->progress, len);
    to->passed += len;
    if (to->kept > 0 && to->passed >= LATE_BYTES)
        delivery_flush(to);
}

/* Counts a file, and gives it back. */
static void give_back(struct delivery *to, struct file *file)
{
    to->stats->files++;
    to->stats->failed += file->status < 0;
    feed_done(to->feed, file);
}

/* Gives back the kept files that are complete; with flush set, all. */
static void release(struct delivery *to, bool flush)
{
    struct file *file;

    while (to->kept > 0 && (file = to->sink->release(to->sink, flush))) {
        to->kept--;
        give_back(to, file);
    }
}

void delivery_end(struct delivery *to, struct file *file)
{
    if (file->status == 0 && to->sink && to->sink->keep && to->sink->keep(to->sink, file)) {
        to->kept++;
        to->passed = 0;
        release(to, false);
        return;
    }
    if (to->sink)
        to->sink->end(to->sink, file);
    give_back(to, file);
}

void delivery_flush(struct delivery *to)
{
    release(to, true);
    assert(to->kept == 0);
}
