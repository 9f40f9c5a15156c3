/* stop.c: tests of core/uring/stop.c. */
#define _GNU_SOURCE
#include "../support/check.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../../core/uring/ring.h"
#include "../support/scratch.h"

enum { RINGS = 3, STOP_MS = 20000 };

/* IN_CALL: one that ThreadSanitizer lets signals interrupt */
enum where { IN_RING, IN_CALL, BEHIND_COMPLETION };

struct job {
    enum where where;
    int number;
    int pipe_fd;        /* never has bytes */
    atomic_bool begun;  /* the request is in flight */
    atomic_bool passed; /* the thread has gone on */
};

static void ignore(void *arg, uint64_t user_data, int res)
{
    (void)arg, (void)user_data, (void)res;
}

/* Opens a FIFO for reading, and reads it by a request that cannot complete. */
static void read_fifo(struct ring *ring, int number)
{
    static char buf[RINGS][16];
    struct io_uring_sqe *sqe = ring_sqe(ring);
    char name[16];
    int fd, writer;

    snprintf(name, sizeof(name), "fifo%d", number);
    fd = open(name, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    writer = open(name, O_WRONLY | O_CLOEXEC);
    assert_true(fd >= 0 && writer >= 0 && fcntl(fd, F_SETFL, 0) == 0);
    io_uring_prep_read(sqe, fd, buf[number], sizeof(buf[0]), (uint64_t)-1);
    assert_int_equal(ring_submit(ring, false, 0), 0);
    close(fd); /* the request still has it */
}

static void *work(void *arg)
{
    struct job *job = arg;
    struct stats stats = {0};
    struct ring ring;
    struct pollfd silent = {.fd = job->pipe_fd, .events = POLLIN};

    assert_int_equal(ring_open(&ring, 8, &stats), 0);
    if (job->where == BEHIND_COMPLETION) {
        io_uring_prep_nop(ring_sqe(&ring));
        assert_int_equal(ring_submit(&ring, true, 0), 0);
    }
    read_fifo(&ring, job->number);
    atomic_store(&job->begun, true);
    if (job->where == IN_RING)
        while (ring_submit(&ring, true, 0) == 0 && ring_reap(&ring, ignore, NULL) == 0)
            ;
    else
        (void)poll(&silent, 1, -1);
    /* submits no more, and is not cancelled into going on */
    (void)ring_submit(&ring, true, 0);
    atomic_store(&job->passed, true);
    for (;;)
        pause();
    return NULL;
}

/* Returns whether no file of the FIFO is open for reading. */
static bool has_no_reader(int number)
{
    char name[16];
    int fd;

    snprintf(name, sizeof(name), "fifo%d", number);
    fd = open(name, O_WRONLY | O_NONBLOCK | O_CLOEXEC);
    if (fd >= 0)
        close(fd);
    return fd < 0 && errno == ENXIO;
}

/* Stops rings whose threads wait in a place each. The process, which cannot go on, exits with the
 * number of what is wrong. */
static void stop_rings(const enum where *wheres, int n)
{
    static struct job jobs[RINGS];
    int pipe_fds[2];
    uint64_t start_ns;

    if (pipe(pipe_fds) < 0)
        _exit(10);
    for (int i = 0; i < n; i++) {
        pthread_t thread;
        char name[16];
        snprintf(name, sizeof(name), "fifo%d", i);
        jobs[i] = (struct job){.where = wheres[i], .number = i, .pipe_fd = pipe_fds[0]};
        if (mkfifo(name, 0600) < 0 || pthread_create(&thread, NULL, work, &jobs[i]) != 0)
            _exit(11);
        while (!atomic_load(&jobs[i].begun))
            usleep(1000);
    }
    usleep(20000); /* they wait by then; if not, all must hold, too */
    for (int i = 0; i < n; i++)
        if (has_no_reader(i))
            _exit(12); /* nothing to stop */
    start_ns = stats_now_ns();
    stop_all(STOP_MS);
    if (stats_now_ns() - start_ns >= STOP_MS * UINT64_C(1000000))
        _exit(13); /* somebody has not been stopped */
    for (int i = 0; i < n; i++)
        if (!has_no_reader(i) || atomic_load(&jobs[i].passed))
            _exit(14 + i);
    _exit(0);
}

static void files_are_closed(const enum where *wheres, int n)
{
    const char *why;
    int status;
    pid_t child;

    if (ring_probe(8, &why) < 0) {
        print_message("# skipped: %s\n", why);
        skip();
    }
    child = fork();
    if (child == 0)
        stop_rings(wheres, n);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
    for (int i = 0; i < n; i++) {
        char name[16];
        snprintf(name, sizeof(name), "fifo%d", i);
        unlink(name);
    }
}

static void a_thread_that_waits_for_its_ring(void **state)
{
    (void)state;
    files_are_closed((const enum where[]){IN_RING}, 1);
}

static void a_thread_that_waits_in_a_call(void **state)
{
    (void)state;
    files_are_closed((const enum where[]){IN_CALL}, 1);
}

static void a_thread_with_a_completion_that_it_has_not_taken(void **state)
{
    (void)state;
    files_are_closed((const enum where[]){BEHIND_COMPLETION}, 1);
}

static void several_threads(void **state)
{
    (void)state;
    files_are_closed((const enum where[]){IN_RING, IN_CALL, BEHIND_COMPLETION}, RINGS);
}

static void no_ring(void **state)
{
    (void)state;
    files_are_closed(NULL, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_thread_that_waits_for_its_ring),
        cmocka_unit_test(a_thread_that_waits_in_a_call),
        cmocka_unit_test(a_thread_with_a_completion_that_it_has_not_taken),
        cmocka_unit_test(several_threads),
        cmocka_unit_test(no_ring),
    };

    return cmocka_run_group_tests_name("stop", tests, scratch_set_up, scratch_tear_down);
}
