/* blocked.c: lesson 5: one blocking call in the thread of a ring.
 * cc blocked.c -luring -pthread */
#include <liburing.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

enum { READS = 8 };

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

/* Returns when the last of the reads was handled. */
static double run(struct io_uring *ring, int blocks)
{
    double start = now_ms();
    struct io_uring_cqe *done;
    char bytes[READS + 1];

    for (int i = 0; i < READS; i++)
        io_uring_prep_read(io_uring_get_sqe(ring), slow(), &bytes[i], 1, 0);
    io_uring_submit(ring);
    for (int i = 0; i < READS; i++) {
        if (io_uring_wait_cqe(ring, &done) < 0 || done->res != 1)
            _exit(1);
        io_uring_cqe_seen(ring, done);
        /* The others have completed, too, but this thread is the only one that can handle them. */
        if (blocks && i == 0 && read(slow(), &bytes[READS], 1) != 1)
            _exit(1);
    }
    return now_ms() - start;
}

int main(void)
{
    struct io_uring ring;

    if (io_uring_queue_init(READS, &ring, 0) < 0)
        return 1;
    printf("all by the ring  %.0f ms\n", run(&ring, 0));
    printf("one by read(2)   %.0f ms\n", run(&ring, 1));
    return 0;
}
