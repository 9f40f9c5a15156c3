/* relay.c: a sink on a thread of its own. See relay.h.
 *
 * The queue has one file's bytes at a time: it is waited for before any other one's. So inner is
 * never called by two threads at once. */
#define _GNU_SOURCE
#include "relay.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

enum {
    LARGE_BYTES = 256 * 1024, /* smaller blocks are digested sooner than they are handed over */
    PIECE_BYTES = 1024 * 1024,
    PIECES = 8,
};

struct piece {
    struct file *file;
    size_t len;
    char *bytes;
};

struct relay {
    struct sink sink; /* first */
    struct sink *inner;
    void (*free_inner)(struct sink *inner);
    struct file *file;    /* whose bytes are in the queue; the engine's thread only */
    bool started, failed; /* the thread */
    pthread_t thread;
    char *memory;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    /* under the lock */
    struct piece pieces[PIECES]; /* a ring: count of them, from first on, are the thread's */
    unsigned first, count;
    int rc; /* what went wrong with the file */
    bool ending;
};

static void *relay_main(void *arg)
{
    struct relay *relay = arg;

    pthread_mutex_lock(&relay->lock);
    for (;;) {
        const struct piece *piece = &relay->pieces[relay->first];
        int rc;
        while (relay->count == 0 && !relay->ending)
            pthread_cond_wait(&relay->changed, &relay->lock);
        if (relay->count == 0)
            break;
        rc = relay->rc; /* after a failure the rest is passed over */
        pthread_mutex_unlock(&relay->lock);
        if (rc == 0)
            rc = relay->inner->data(relay->inner, piece->file, piece->bytes, piece->len);
        pthread_mutex_lock(&relay->lock);
        relay->rc = rc;
        relay->first = (relay->first + 1) % PIECES;
        relay->count--;
        pthread_cond_broadcast(&relay->changed);
    }
    pthread_mutex_unlock(&relay->lock);
    return NULL;
}

/* Whether there is a thread to hand over to. */
static bool start(struct relay *relay)
{
    sigset_t all, before;

    if (relay->started || relay->failed)
        return relay->started;
    /* signals are for other threads */
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    relay->memory = malloc((size_t)PIECES * PIECE_BYTES);
    relay->started = relay->memory && pthread_create(&relay->thread, NULL, relay_main, relay) == 0;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    relay->failed = !relay->started;
    for (int i = 0; i < PIECES && relay->started; i++)
        relay->pieces[i].bytes = relay->memory + (size_t)i * PIECE_BYTES;
    return relay->started;
}

/* Waits for what is in the queue. Its file learns what went wrong. */
static void drain(struct relay *relay)
{
    int rc;

    if (!relay->file)
        return;
    pthread_mutex_lock(&relay->lock);
    while (relay->count > 0)
        pthread_cond_wait(&relay->changed, &relay->lock);
    rc = relay->rc;
    relay->rc = 0;
    pthread_mutex_unlock(&relay->lock);
    if (rc < 0)
        file_fail(relay->file, STEP_SINK, rc);
    relay->file = NULL;
}

/* Copies at most a piece into the queue, once there is room. */
static int put(struct relay *relay, const char *bytes, size_t len)
{
    struct piece *piece;
    int rc;

    pthread_mutex_lock(&relay->lock);
    while (relay->count == PIECES)
        pthread_cond_wait(&relay->changed, &relay->lock);
    piece = &relay->pieces[(relay->first + relay->count) % PIECES];
    rc = relay->rc;
    pthread_mutex_unlock(&relay->lock);
    if (rc < 0)
        return rc;
    piece->file = relay->file;
    piece->len = len;
    memcpy(piece->bytes, bytes, len);
    pthread_mutex_lock(&relay->lock);
    relay->count++;
    pthread_cond_broadcast(&relay->changed);
    pthread_mutex_unlock(&relay->lock);
    return 0;
}

static int relay_data(struct sink *sink, struct file *file, const void *bytes, size_t len)
{
    struct relay *relay = (struct relay *)sink;
    const char *at = bytes;
    int rc = 0;

    if (relay->file != file) {
        drain(relay);
        if (len < LARGE_BYTES || !start(relay))
            return relay->inner->data(relay->inner, file, bytes, len);
        relay->file = file;
    }
    while (len > 0 && rc == 0) {
        size_t piece = len < PIECE_BYTES ? len : PIECE_BYTES;
        rc = put(relay, at, piece);
        at += piece;
        len -= piece;
    }
    return rc;
}

static void relay_end(struct sink *sink, struct file *file)
{
    struct relay *relay = (struct relay *)sink;

    drain(relay);
    relay->inner->end(relay->inner, file);
    sink->hash_ns = relay->inner->hash_ns;
}

struct sink *relay_new(struct sink *inner, void (*free_inner)(struct sink *inner))
{
    struct relay *relay = inner ? calloc(1, sizeof(*relay)) : NULL;

    if (!relay) {
        free_inner(inner);
        return NULL;
    }
    relay->sink.data = relay_data;
    relay->sink.end = relay_end;
    relay->inner = inner;
    relay->free_inner = free_inner;
    pthread_mutex_init(&relay->lock, NULL);
    pthread_cond_init(&relay->changed, NULL);
    return &relay->sink;
}

void relay_free(struct sink *sink)
{
    struct relay *relay = (struct relay *)sink;

    if (!relay)
        return;
    if (relay->started) {
        pthread_mutex_lock(&relay->lock);
        relay->ending = true;
        pthread_cond_broadcast(&relay->changed);
        pthread_mutex_unlock(&relay->lock);
        pthread_join(relay->thread, NULL);
    }
    pthread_cond_destroy(&relay->changed);
    pthread_mutex_destroy(&relay->lock);
    relay->free_inner(relay->inner);
    free(relay->memory);
    free(relay);
}
