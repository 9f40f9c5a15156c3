/* overlap.c: lesson 2: what else a thread computes while its read waits 100 ms.
 * cc overlap.c -luring -pthread */
#include <liburing.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <unistd.h>

static void *write_late(void *fd)
{
    usleep(100000);
    return write((int)(intptr_t)fd, "x", 1) == 1 ? fd : NULL;
}

/* Returns a file in which the first read takes 100 ms. */
static int slow(void)
{
    pthread_t thread;
    int ends[2];

    if (pipe(ends) < 0 || pthread_create(&thread, NULL, write_late, (void *)(intptr_t)ends[1]))
        _exit(1);
    pthread_detach(thread);
    return ends[0];
}

/* A piece of other work. */
static unsigned compute(unsigned seed)
{
    for (int i = 0; i < 10000; i++)
        seed = seed * 1664525 + 1013904223;
    return seed;
}

int main(void)
{
    struct io_uring_cqe *done = NULL;
    volatile unsigned result = 1;
    struct io_uring ring;
    unsigned pieces = 0;
    char byte;

    /* Nothing can be computed before the read returns. */
    if (read(slow(), &byte, 1) != 1)
        return 1;
    printf("blocking  %u pieces of other work\n", pieces);

    if (io_uring_queue_init(1, &ring, 0) < 0)
        return 1;
    io_uring_prep_read(io_uring_get_sqe(&ring), slow(), &byte, 1, 0);
    io_uring_submit(&ring);
    /* Looks for the completion between two pieces, and never waits. */
    for (; io_uring_peek_cqe(&ring, &done) == -EAGAIN; pieces++)
        result = compute(result);
    printf("io_uring  %u pieces of other work\n", pieces);
    return done && done->res == 1 ? 0 : 1;
}
