/* many.c: lesson 3: 64 reads that take 100 ms each, by 64 threads and by a thread with a ring.
 * cc many.c -luring -pthread */
#include <liburing.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

enum { READS = 64 };

static int files[READS];
static char bytes[READS];

/* Waits 100 ms, then writes a byte for each reader. */
static void *write_late(void *ends)
{
    usleep(100000);
    for (int i = 0; i < READS; i++)
        if (write(((int *)ends)[i], "x", 1) != 1)
            _exit(1);
    return NULL;
}

/* Makes files in which the first read takes 100 ms. */
static void make_slow(void)
{
    static int ends[READS];
    pthread_t thread;

    for (int i = 0, both[2]; i < READS; i++) {
        if (pipe(both) < 0)
            _exit(1);
        files[i] = both[0];
        ends[i] = both[1];
    }
    if (pthread_create(&thread, NULL, write_late, ends) != 0)
        _exit(1);
    pthread_detach(thread);
}

static void *read_one(void *index)
{
    intptr_t i = (intptr_t)index;

    return read(files[i], &bytes[i], 1) == 1 ? index : (void *)-1;
}

static double now_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

int main(void)
{
    pthread_t threads[READS];
    struct io_uring_cqe *done;
    struct io_uring ring;
    double start;

    make_slow();
    start = now_ms();
    for (intptr_t i = 0; i < READS; i++)
        if (pthread_create(&threads[i], NULL, read_one, (void *)i) != 0)
            return 1;
    for (int i = 0; i < READS; i++)
        pthread_join(threads[i], NULL);
    printf("%d threads  %.0f ms\n", READS, now_ms() - start);

    if (io_uring_queue_init(READS, &ring, 0) < 0)
        return 1;
    make_slow();
    start = now_ms();
    for (int i = 0; i < READS; i++)
        io_uring_prep_read(io_uring_get_sqe(&ring), files[i], &bytes[i], 1, 0);
    io_uring_submit(&ring);
    for (int i = 0; i < READS; i++) {
        if (io_uring_wait_cqe(&ring, &done) < 0 || done->res != 1)
            return 1;
        io_uring_cqe_seen(&ring, done);
    }
    printf("one ring    %.0f ms\n", now_ms() - start);
    return 0;
}
