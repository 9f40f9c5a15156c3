/* sink_thread.c: a sink on a thread of its own. See sink_thread.h.
 *
 * The queue has one file's bytes at a time: it is waited for before any other one's. So inner is
 * never called by two threads at once. */
#define _GNU_SOURCE
#include "sink_thread.h"

#include <assert.h>
#include <pthread.h>
#include <signal.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "../base/direct.h"
#include "../base/thread.h"

enum {
    /* Smaller blocks of a file that is not large yet are digested by the caller: handing them over
     * takes longer. */
    LARGE_BLOCK_BYTES = 256 * 1024,
    LARGE_FILE_BYTES = 8 * 1024 * 1024,
    PIECE_BYTES = 512 * 1024,
    PIECES = 8,
};

struct piece {
    struct file *file;
    size_t len;
    char *bytes;
};

struct sink_thread {
    struct sink sink; /* must be first */
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
    pid_t tid;        /* of the thread, once it runs */
    int rc;           /* what went wrong with the file */
    bool ending;
};
_Static_assert(offsetof(struct sink_thread, sink) == 0, "a sink is cast to its sink_thread");

/* Asserts that the piece being filled is behind the thread's. Called with the lock held. */
static void check_pieces(const struct sink_thread *sink_thread)
{
    assert(sink_thread->count <= PIECES);
    assert((sink_thread->first + sink_thread->count) % PIECES == sink_thread->filling);
}

static void *sink_thread_main(void *arg)
{
    struct sink_thread *sink_thread = arg;

    pthread_mutex_lock(&sink_thread->lock);
    sink_thread->tid = gettid();
    for (;;) {
        const struct piece *piece = &sink_thread->pieces[sink_thread->first];
        int rc;
        while (sink_thread->count == 0 && !sink_thread->ending)
            pthread_cond_wait(&sink_thread->changed, &sink_thread->lock);
        if (sink_thread->count == 0)
            break;
        rc = sink_thread->rc; /* after a failure the rest is passed over */
        pthread_mutex_unlock(&sink_thread->lock);
        if (rc == 0)
            rc = sink_thread->inner->data(sink_thread->inner, piece->file, piece->bytes,
                                          piece->len);
        pthread_mutex_lock(&sink_thread->lock);
        sink_thread->rc = rc;
        sink_thread->first = (sink_thread->first + 1) % PIECES;
        if (--sink_thread->count == sink_thread->awaited)
            pthread_cond_signal(&sink_thread->changed);
    }
    pthread_mutex_unlock(&sink_thread->lock);
    return NULL;
}

/* Tells whether there is a thread to hand over to. */
static bool start(struct sink_thread *sink_thread)
{
    sigset_t all, before;

    if (sink_thread->started || sink_thread->failed)
        return sink_thread->started;
    /* signals are for other threads */
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    sink_thread->memory = direct_alloc((size_t)PIECES * PIECE_BYTES);
    sink_thread->started = sink_thread->memory &&
                           thread_start(&sink_thread->thread, sink_thread_main, sink_thread) == 0;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    sink_thread->failed = !sink_thread->started;
    for (int i = 0; i < PIECES && sink_thread->started; i++)
        sink_thread->pieces[i].bytes = (char *)sink_thread->memory + (size_t)i * PIECE_BYTES;
    return sink_thread->started;
}

/* Waits, with the lock held, until the thread has at most count pieces left. */
static void wait_until(struct sink_thread *sink_thread, unsigned count)
{
    uint64_t start;

    start = stats_now_ns();
    sink_thread->awaited = count;
    while (sink_thread->count > count)
        pthread_cond_wait(&sink_thread->changed, &sink_thread->lock);
    sink_thread->sink.sink_wait_ns += stats_now_ns() - start;
}

/* Gives the thread the piece that has been filled. */
static void hand_over(struct sink_thread *sink_thread)
{
    pthread_mutex_lock(&sink_thread->lock);
    check_pieces(sink_thread);
    assert(sink_thread->count < PIECES && sink_thread->filled > 0);
    sink_thread->pieces[sink_thread->filling].len = sink_thread->filled;
    if (sink_thread->count++ == 0)
        pthread_cond_signal(&sink_thread->changed);
    pthread_mutex_unlock(&sink_thread->lock);
    sink_thread->filling = (sink_thread->filling + 1) % PIECES;
    sink_thread->filled = 0;
}

/* Waits for what is in the queue. Its file learns what went wrong. */
static void drain(struct sink_thread *sink_thread)
{
    clockid_t clock;
    struct timespec worked;
    pid_t tid;
    int rc;

    if (!sink_thread->file)
        return;
    if (sink_thread->filled > 0)
        hand_over(sink_thread);
    pthread_mutex_lock(&sink_thread->lock);
    wait_until(sink_thread, 0);
    check_pieces(sink_thread);
    rc = sink_thread->rc;
    tid = sink_thread->tid;
    sink_thread->rc = 0;
    pthread_mutex_unlock(&sink_thread->lock);
    if (pthread_getcpuclockid(sink_thread->thread, &clock) == 0 &&
        clock_gettime(clock, &worked) == 0)
        sink_thread->sink.thread_ns = (uint64_t)worked.tv_sec * 1000000000u +
                                      (uint64_t)worked.tv_nsec;
    if (tid != 0)
        sink_thread->sink.thread_runqueue_ns = stats_runqueue_ns(tid);
    if (rc < 0)
        file_fail(sink_thread->file, STEP_SINK, rc);
    sink_thread->file = NULL;
}

/* Begins a piece, once there is room. Returns what went wrong with those before it. */
static int begin(struct sink_thread *sink_thread)
{
    int rc;

    pthread_mutex_lock(&sink_thread->lock);
    if (sink_thread->count == PIECES)
        wait_until(sink_thread, PIECES / 2); /* waking a thread takes 10 us: not for each piece */
    check_pieces(sink_thread);
    sink_thread->pieces[sink_thread->filling].file = sink_thread->file;
    rc = sink_thread->rc;
    pthread_mutex_unlock(&sink_thread->lock);
    return rc;
}

/* Copies bytes into the queue. */
static int put(struct sink_thread *sink_thread, const char *bytes, size_t len)
{
    int rc = 0;

    while (len > 0 && (sink_thread->filled > 0 || (rc = begin(sink_thread)) == 0)) {
        size_t room = PIECE_BYTES - sink_thread->filled, now = len < room ? len : room;
        memcpy(sink_thread->pieces[sink_thread->filling].bytes + sink_thread->filled, bytes, now);
        sink_thread->filled += now;
        bytes += now;
        len -= now;
        if (sink_thread->filled == PIECE_BYTES)
            hand_over(sink_thread);
    }
    return rc;
}

static int sink_thread_data(struct sink *sink, struct file *file, const void *bytes, size_t len)
{
    struct sink_thread *sink_thread = (struct sink_thread *)sink;

    if (sink_thread->file != file) {
        drain(sink_thread);
        if ((len < LARGE_BLOCK_BYTES && file->bytes < LARGE_FILE_BYTES) || !start(sink_thread))
            return sink_thread->inner->data(sink_thread->inner, file, bytes, len);
        sink_thread->file = file;
    }
    return put(sink_thread, bytes, len);
}

static void sink_thread_end(struct sink *sink, struct file *file)
{
    struct sink_thread *sink_thread = (struct sink_thread *)sink;

    drain(sink_thread);
    sink_thread->inner->end(sink_thread->inner, file);
    sink->hash_ns = sink_thread->inner->hash_ns;
}

static void sink_thread_free(struct sink *sink)
{
    struct sink_thread *sink_thread = (struct sink_thread *)sink;

    assert(!sink_thread->file && sink_thread->count == 0); /* the file has ended */
    if (sink_thread->started) {
        pthread_mutex_lock(&sink_thread->lock);
        sink_thread->ending = true;
        pthread_cond_broadcast(&sink_thread->changed);
        pthread_mutex_unlock(&sink_thread->lock);
        pthread_join(sink_thread->thread, NULL);
    }
    pthread_cond_destroy(&sink_thread->changed);
    pthread_mutex_destroy(&sink_thread->lock);
    sink_free(sink_thread->inner);
    free(sink_thread->memory);
    free(sink_thread);
}

struct sink *sink_thread_new(struct sink *inner)
{
    struct sink_thread *sink_thread = inner ? calloc(1, sizeof(*sink_thread)) : NULL;

    if (!sink_thread) {
        sink_free(inner);
        return NULL;
    }
    sink_thread->sink.data = sink_thread_data;
    sink_thread->sink.end = sink_thread_end;
    sink_thread->sink.free = sink_thread_free;
    sink_thread->inner = inner;
    pthread_mutex_init(&sink_thread->lock, NULL);
    pthread_cond_init(&sink_thread->changed, NULL);
    return &sink_thread->sink;
}
