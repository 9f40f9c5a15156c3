/* delivery.c: see delivery.h. */
#define _GNU_SOURCE
#include "delivery.h"

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

void delivery_count(const struct delivery *to, struct file *file, size_t len)
{
    file->bytes += len;
    to->stats->bytes_read += len;
    progress_bytes(to->progress, len);
}

void delivery_end(const struct delivery *to, struct file *file)
{
    if (to->sink)
        to->sink->end(to->sink, file);
    to->stats->files++;
    to->stats->failed += file->status < 0;
    feed_done(to->feed, file);
}
