/* batch_sink.c: see batch_sink.h.
 *
 * The bytes of a small file are copied into a buffer, in which they stay until the digest is
 * complete. So an engine can use its own buffers for the next file. */
#define _GNU_SOURCE
#include "batch_sink.h"

#include <assert.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "../base/direct.h"
#include "batch.h"
#include "hash.h"

enum {
    START_BYTES = 2 * 1024 * 1024, /* 1.5 ms of SHA-256, of which a batch saves the half */
    BUFFER_BYTES = BATCH_MESSAGE_BYTES_MAX + 2, /* a multiple of a cache line */
    BUFFERS = 20, /* one for each file that is computed at once, and some for those that come in */
};

struct batch_sink {
    struct sink sink; /* must be first */
    struct sink *inner;
    const struct digest *digest;
    uint64_t small_bytes;
    uint64_t batch_ns;
    struct batch *batch; /* NULL: not begun, or not to be had */
    char *memory;
    char *buffers[BUFFERS]; /* those that are free */
    unsigned buffer_count;
};
_Static_assert(offsetof(struct batch_sink, sink) == 0, "a sink is cast to its batch_sink");

/* Takes over what the inner sink has counted. */
static void count(struct batch_sink *batch_sink)
{
    const struct sink *inner = batch_sink->inner;

    batch_sink->sink.hash_ns = inner->hash_ns + batch_sink->batch_ns;
    batch_sink->sink.thread_ns = inner->thread_ns;
    batch_sink->sink.thread_runqueue_ns = inner->thread_runqueue_ns;
    batch_sink->sink.sink_wait_ns = inner->sink_wait_ns;
}

/* Begins once it pays. Returns whether there is a batch. */
static bool begin(struct batch_sink *batch_sink, size_t len)
{
    if (batch_sink->batch)
        return true;
    if (batch_sink->small_bytes >= START_BYTES)
        return false;
    batch_sink->small_bytes += len;
    if (batch_sink->small_bytes < START_BYTES)
        return false;
    batch_sink->memory = direct_alloc((size_t)BUFFERS * BUFFER_BYTES);
    batch_sink->batch = batch_sink->memory ? batch_new() : NULL;
    if (!batch_sink->batch)
        return false;
    while (batch_sink->buffer_count < BUFFERS) {
        char *buffer = batch_sink->memory + (size_t)batch_sink->buffer_count * BUFFER_BYTES;
        batch_sink->buffers[batch_sink->buffer_count++] = buffer;
    }
    batch_sink->sink.batch_name = batch_name();
    return true;
}

/* Copies a file's next bytes into its buffer, if all of them may be digested in a batch. */
static bool hold(struct batch_sink *batch_sink, struct hash_result *result, const void *bytes,
                 size_t len)
{
    if (result->passed_on || len > BATCH_MESSAGE_BYTES_MAX - result->held_len)
        return false;
    if (!result->held) {
        if (!begin(batch_sink, len) || batch_sink->buffer_count == 0)
            return false;
        result->held = batch_sink->buffers[--batch_sink->buffer_count];
    }
    memcpy(result->held + result->held_len, bytes, len);
    result->held_len += len;
    return true;
}

static void free_held(struct batch_sink *batch_sink, struct hash_result *result)
{
    assert(batch_sink->buffer_count < BUFFERS);
    batch_sink->buffers[batch_sink->buffer_count++] = result->held;
    result->held = NULL;
    result->held_len = 0;
}

/* Gives the inner sink the bytes that are held, if any. */
static int pass_held_on(struct batch_sink *batch_sink, struct file *file)
{
    struct hash_result *result = file->op;
    int rc = 0;

    result->passed_on = true;
    if (result->held) {
        rc = batch_sink->inner->data(batch_sink->inner, file, result->held, result->held_len);
        free_held(batch_sink, result);
    }
    return rc;
}

static int batch_sink_data(struct sink *sink, struct file *file, const void *bytes, size_t len)
{
    struct batch_sink *batch_sink = (struct batch_sink *)sink;
    int rc;

    if (hold(batch_sink, file->op, bytes, len))
        return 0;
    rc = pass_held_on(batch_sink, file);
    return rc < 0 ? rc : batch_sink->inner->data(batch_sink->inner, file, bytes, len);
}

static bool batch_sink_keep(struct sink *sink, struct file *file)
{
    struct batch_sink *batch_sink = (struct batch_sink *)sink;
    struct hash_result *result = file->op;
    uint64_t start;
    bool kept;

    if (!result->held)
        return false;
    start = stats_now_ns();
    kept = batch_add(batch_sink->batch, result->algorithm ? result->algorithm : batch_sink->digest,
                     result->held, result->held_len, result->digest, file);
    sink->batch_files += kept;
    batch_sink->batch_ns += stats_now_ns() - start;
    return kept;
}

static void batch_sink_end(struct sink *sink, struct file *file)
{
    struct batch_sink *batch_sink = (struct batch_sink *)sink;
    struct hash_result *result = file->op;
    int rc;

    if (file->status == 0 && (rc = pass_held_on(batch_sink, file)) < 0)
        file_fail(file, STEP_SINK, rc);
    else if (result->held)
        free_held(batch_sink, result);
    batch_sink->inner->end(batch_sink->inner, file);
    count(batch_sink);
}

static struct file *batch_sink_release(struct sink *sink, bool flush)
{
    struct batch_sink *batch_sink = (struct batch_sink *)sink;
    uint64_t start = flush ? stats_now_ns() : 0;
    int status = 0;
    struct file *file = batch_sink->batch ? batch_done(batch_sink->batch, flush, &status) : NULL;

    if (file)
        free_held(batch_sink, file->op);
    if (status < 0)
        file_fail(file, STEP_SINK, status);
    if (flush)
        batch_sink->batch_ns += stats_now_ns() - start;
    count(batch_sink);
    return file;
}

static void batch_sink_free(struct sink *sink)
{
    struct batch_sink *batch_sink = (struct batch_sink *)sink;

    assert(!batch_sink->batch || batch_sink->buffer_count == BUFFERS);
    batch_free(batch_sink->batch);
    free(batch_sink->memory);
    sink_free(batch_sink->inner);
    free(batch_sink);
}

struct sink *batch_sink_new(struct sink *inner, const struct digest *digest)
{
    struct batch_sink *batch_sink = inner ? calloc(1, sizeof(*batch_sink)) : NULL;

    if (!batch_sink) {
        sink_free(inner);
        return NULL;
    }
    batch_sink->sink.data = batch_sink_data;
    batch_sink->sink.end = batch_sink_end;
    batch_sink->sink.keep = batch_sink_keep;
    batch_sink->sink.release = batch_sink_release;
    batch_sink->sink.free = batch_sink_free;
    batch_sink->inner = inner;
    batch_sink->digest = digest;
    return &batch_sink->sink;
}
