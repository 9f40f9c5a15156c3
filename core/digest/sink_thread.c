/* sink_thread.c: a sink on a thread of its own. See sink_thread.h.
 *
 * The queue has one file's bytes at a time: it is waited for before any other one's. So inner is
 * never called by two threads at once. */
#define _GNU_SOURCE
#include "sink_thread.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

enum {
    /* A file that comes in smaller blocks, and has not had so many bytes yet, is digested sooner
     * than it is handed over. */
    LARGE_BLOCK_BYTES = 256 * 1024,
    LARGE_FILE_BYTES = 8 * 1024 * 1024,
    PIECE_BYTES = 512 * 1024,
    PIECES = 8,
    HUGE_PAGE_BYTES = 2 << 20, /* two faults, and not a thousand: 1 ms */
};

struct piece {
    struct file *file;
    size_t len;
    char *bytes;
};

struct relay {
    struct sink sink; /* first */
    struct sink *inner;
    /* the engine's thread only */
    struct file *file;    /* whose bytes are in the queue */
    unsigned filling;     /* the piece behind those that are the thread's */
    size_t filled;        /* bytes of it */
    bool started, failed; /* the thread */
    pthread_t thread;
    void *memory;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    /* under the lock */
    struct piece pieces[PIECES]; /* a ring: count of them, from first on, are the thread's */
    unsigned first, count;
    unsigned awaited; /* the count that the engine's thread waits for */
    int rc;           /* what went wrong with the file */
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
        if (--relay->count == relay->awaited)
            pthread_cond_signal(&relay->changed);
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
    if (posix_memalign(&relay->memory, HUGE_PAGE_BYTES, (size_t)PIECES * PIECE_BYTES) == 0)
        (void)madvise(relay->memory, (size_t)PIECES * PIECE_BYTES, MADV_HUGEPAGE);
    else
        relay->memory = NULL;
    relay->started = relay->memory && pthread_create(&relay->thread, NULL, relay_main, relay) == 0;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    relay->failed = !relay->started;
    for (int i = 0; i < PIECES && relay->started; i++)
        relay->pieces[i].bytes = (char *)relay->memory + (size_t)i * PIECE_BYTES;
    return relay->started;
}

/* Waits, under the lock, until the thread has no more pieces than so many left. */
static void wait_until(struct relay *relay, unsigned count)
{
    uint64_t start;

    start = stats_now_ns();
    relay->awaited = count;
    while (relay->count > count)
        pthread_cond_wait(&relay->changed, &relay->lock);
    relay->sink.held_ns += stats_now_ns() - start;
}

/* Gives the thread the piece that has been filled. */
static void hand_over(struct relay *relay)
{
    pthread_mutex_lock(&relay->lock);
    relay->pieces[relay->filling].len = relay->filled;
    if (relay->count++ == 0)
        pthread_cond_signal(&relay->changed);
    pthread_mutex_unlock(&relay->lock);
    relay->filling = (relay->filling + 1) % PIECES;
    relay->filled = 0;
}

/* Waits for what is in the queue. Its file learns what went wrong. */
static void drain(struct relay *relay)
{
    clockid_t clock;
    struct timespec worked;
    int rc;

    if (!relay->file)
        return;
    if (relay->filled > 0)
        hand_over(relay);
    pthread_mutex_lock(&relay->lock);
    wait_until(relay, 0);
    rc = relay->rc;
    relay->rc = 0;
    pthread_mutex_unlock(&relay->lock);
    if (pthread_getcpuclockid(relay->thread, &clock) == 0 && clock_gettime(clock, &worked) == 0)
        relay->sink.thread_ns = (uint64_t)worked.tv_sec * 1000000000u + (uint64_t)worked.tv_nsec;
    if (rc < 0)
        file_fail(relay->file, STEP_SINK, rc);
    relay->file = NULL;
}

/* Begins a piece, once there is room. Returns what went wrong with those before it. */
static int begin(struct relay *relay)
{
    int rc;

    pthread_mutex_lock(&relay->lock);
    if (relay->count == PIECES)
        wait_until(relay, PIECES / 2); /* a thread is not to be woken for each piece: 10 us */
    relay->pieces[relay->filling].file = relay->file;
    rc = relay->rc;
    pthread_mutex_unlock(&relay->lock);
    return rc;
}

/* Copies bytes into the queue. */
static int put(struct relay *relay, const char *bytes, size_t len)
{
    int rc = 0;

    while (len > 0 && (relay->filled > 0 || (rc = begin(relay)) == 0)) {
        size_t room = PIECE_BYTES - relay->filled, now = len < room ? len : room;
        memcpy(relay->pieces[relay->filling].bytes + relay->filled, bytes, now);
        relay->filled += now;
        bytes += now;
        len -= now;
        if (relay->filled == PIECE_BYTES)
            hand_over(relay);
    }
    return rc;
}

static int relay_data(struct sink *sink, struct file *file, const void *bytes, size_t len)
{
    struct relay *relay = (struct relay *)sink;

    if (relay->file != file) {
        drain(relay);
        if ((len < LARGE_BLOCK_BYTES && file->bytes < LARGE_FILE_BYTES) || !start(relay))
            return relay->inner->data(relay->inner, file, bytes, len);
        relay->file = file;
    }
    return put(relay, bytes, len);
}

static void relay_end(struct sink *sink, struct file *file)
{
    struct relay *relay = (struct relay *)sink;

    drain(relay);
    relay->inner->end(relay->inner, file);
    sink->hash_ns = relay->inner->hash_ns;
}

static void relay_free(struct sink *sink)
{
    struct relay *relay = (struct relay *)sink;

    if (relay->started) {
        pthread_mutex_lock(&relay->lock);
        relay->ending = true;
        pthread_cond_broadcast(&relay->changed);
        pthread_mutex_unlock(&relay->lock);
        pthread_join(relay->thread, NULL);
    }
    pthread_cond_destroy(&relay->changed);
    pthread_mutex_destroy(&relay->lock);
    sink_free(relay->inner);
    free(relay->memory);
    free(relay);
}

struct sink *relay_new(struct sink *inner)
{
    struct relay *relay = inner ? calloc(1, sizeof(*relay)) : NULL;

    if (!relay) {
        sink_free(inner);
        return NULL;
    }
    relay->sink.data = relay_data;
    relay->sink.end = relay_end;
    relay->sink.free = relay_free;
    relay->inner = inner;
    pthread_mutex_init(&relay->lock, NULL);
    pthread_cond_init(&relay->changed, NULL);
    return &relay->sink;
}
