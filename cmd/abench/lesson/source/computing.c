/* computing.c: lesson 4: work that never waits, by calls, by a ring and by two threads.
 * cc computing.c -luring -pthread */
#include <liburing.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

enum { BLOCK = 1 << 20, BLOCKS = 64 };

static FILE *file; /* written just now, so its bytes are in memory */

static double now_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

/* The work: the bytes have come, what takes the time is this. */
static void compute(const unsigned char *bytes)
{
    volatile unsigned sum = 0;

    for (int i = 0; i < BLOCK; i++)
        sum = sum * 31 + bytes[i];
}

/* Reads every second block, from the first or the second on, or all. */
static void *by_calls(void *part)
{
    unsigned char *bytes = malloc(BLOCK);
    int first = part ? *(int *)part : 0, step = part ? 2 : 1;

    for (int i = first; i < BLOCKS; i += step)
        if (bytes && pread(fileno(file), bytes, BLOCK, (off_t)i * BLOCK) == BLOCK)
            compute(bytes);
    free(bytes);
    return NULL;
}

static void by_ring(void)
{
    static unsigned char bytes[2][BLOCK];
    struct io_uring_cqe *done;
    struct io_uring ring;

    if (io_uring_queue_init(2, &ring, 0) < 0)
        _exit(1);
    /* While one block is computed the next one is read. */
    for (int i = 0; i <= BLOCKS; i++) {
        if (i > 0) {
            if (io_uring_wait_cqe(&ring, &done) < 0 || done->res != BLOCK)
                _exit(1);
            io_uring_cqe_seen(&ring, done);
        }
        if (i < BLOCKS) {
            io_uring_prep_read(io_uring_get_sqe(&ring), fileno(file), bytes[i % 2], BLOCK,
                               (__u64)i * BLOCK);
            io_uring_submit(&ring);
        }
        if (i > 0)
            compute(bytes[(i - 1) % 2]);
    }
    io_uring_queue_exit(&ring);
}

int main(void)
{
    static const char block[BLOCK] = "some bytes";
    int parts[2] = {0, 1};
    pthread_t other;
    double start;

    file = tmpfile();
    for (int i = 0; i < BLOCKS; i++)
        if (!file || fwrite(block, BLOCK, 1, file) != 1 || fflush(file) != 0)
            return 1;
    start = now_ms();
    by_calls(NULL);
    printf("calls        %.0f ms\n", now_ms() - start);
    start = now_ms();
    by_ring();
    printf("a ring       %.0f ms\n", now_ms() - start);
    start = now_ms();
    if (pthread_create(&other, NULL, by_calls, &parts[1]) != 0)
        return 1;
    by_calls(&parts[0]);
    pthread_join(other, NULL);
    printf("two threads  %.0f ms\n", now_ms() - start);
    return 0;
}
