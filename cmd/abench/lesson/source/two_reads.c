/* two_reads.c: lesson 1: two reads that take 100 ms each, by read(2) and by a ring.
 * cc two_reads.c -luring -pthread */
#include <liburing.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <time.h>
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

static double now_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

int main(void)
{
    double start = now_ms();
    struct io_uring_cqe *done;
    struct io_uring ring;
    char bytes[2];

    /* The thread sleeps in each read: the waits add up. */
    if (read(slow(), &bytes[0], 1) != 1 || read(slow(), &bytes[1], 1) != 1)
        return 1;
    printf("blocking  %.0f ms\n", now_ms() - start);

    /* Both reads are requested, then the thread waits for both: the longer one counts. */
    if (io_uring_queue_init(2, &ring, 0) < 0)
        return 1;
    start = now_ms();
    for (int i = 0; i < 2; i++)
        io_uring_prep_read(io_uring_get_sqe(&ring), slow(), &bytes[i], 1, 0);
    io_uring_submit(&ring);
    for (int i = 0; i < 2; i++) {
        if (io_uring_wait_cqe(&ring, &done) < 0 || done->res != 1)
            return 1;
        io_uring_cqe_seen(&ring, done);
    }
    printf("io_uring  %.0f ms\n", now_ms() - start);
    return 0;
}
