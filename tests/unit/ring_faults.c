/* ring_faults.c: tests of core/uring/ring.c on a kernel that fails. This program has its own calls
 * of liburing, which can fail so, and its own usleep(3), which does not sleep. */
#define _GNU_SOURCE
#include "../support/check.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "../../core/uring/ring.h"

enum { ENTRIES = 8, ALWAYS = -1, TRIES_MAX = 1000 /* as in ring.c */, POLL_DATA = 77 };

/* A call that fails, and how often it was made. */
static struct fault {
    int error; /* errno */
    int times; /* further calls that fail; ALWAYS */
    int calls;
} init, enter, wait_little, get_cqe, register_buffers;

static unsigned init_flags[8];
static bool lacks_ext_arg, lacks_write, lacks_probe;
static long waits, timed_waits, event_gets, exits, sleeps, waited_ns;
static unsigned iowq_workers, last_flags; /* last_flags: of the last request submitted */

/* The call that liburing has. */
#define REAL(name) __typeof__(&(name)) real = dlsym(RTLD_NEXT, #name)

/* Counts a call. Returns -errno if it fails. */
static int make(struct fault *fault)
{
    fault->calls++;
    if (fault->times == 0)
        return 0;
    fault->times -= fault->times > 0;
    return -fault->error;
}

int io_uring_queue_init_params(unsigned entries, struct io_uring *uring,
                               struct io_uring_params *params)
{
    REAL(io_uring_queue_init_params);
    int rc;

    init_flags[init.calls % 8] = params->flags;
    rc = make(&init);
    if (rc == 0)
        rc = real(entries, uring, params);
    if (rc == 0 && lacks_ext_arg)
        uring->features &= ~(unsigned)IORING_FEAT_EXT_ARG;
    return rc;
}

void io_uring_queue_exit(struct io_uring *uring)
{
    REAL(io_uring_queue_exit);

    exits++;
    real(uring);
}

int io_uring_submit(struct io_uring *uring)
{
    REAL(io_uring_submit);
    int rc = make(&enter);

    return rc < 0 ? rc : real(uring);
}

int io_uring_submit_and_wait(struct io_uring *uring, unsigned count)
{
    REAL(io_uring_submit_and_wait);
    int rc = make(&enter);

    waits++;
    last_flags = uring->sq.sqes[(uring->sq.sqe_tail - 1) & *uring->sq.kring_mask].flags;
    return rc < 0 ? rc : real(uring, count);
}

int io_uring_submit_and_get_events(struct io_uring *uring)
{
    REAL(io_uring_submit_and_get_events);
    int rc = make(&enter);

    event_gets++;
    return rc < 0 ? rc : real(uring);
}

int io_uring_submit_and_wait_timeout(struct io_uring *uring, struct io_uring_cqe **cqe,
                                     unsigned count, struct __kernel_timespec *ts, sigset_t *mask)
{
    REAL(io_uring_submit_and_wait_timeout);
    int rc = make(&enter);

    timed_waits++;
    waited_ns = (long)ts->tv_nsec;
    return rc < 0 ? rc : real(uring, cqe, count, ts, mask);
}

int io_uring_wait_cqe_timeout(struct io_uring *uring, struct io_uring_cqe **cqe,
                              struct __kernel_timespec *ts)
{
    REAL(io_uring_wait_cqe_timeout);
    int rc = make(&wait_little);

    return rc < 0 ? rc : real(uring, cqe, ts);
}

int __io_uring_get_cqe(struct io_uring *uring, struct io_uring_cqe **cqe, unsigned submit,
                       unsigned count, sigset_t *mask)
{
    REAL(__io_uring_get_cqe);
    int rc = make(&get_cqe);

    return rc < 0 ? rc : real(uring, cqe, submit, count, mask);
}

int io_uring_register_buffers(struct io_uring *uring, const struct iovec *buffers, unsigned count)
{
    (void)uring, (void)buffers, (void)count;
    return make(&register_buffers);
}

int io_uring_register_iowq_max_workers(struct io_uring *uring, unsigned *workers)
{
    (void)uring;
    iowq_workers = workers[0];
    return 0;
}

struct io_uring_probe *io_uring_get_probe_ring(struct io_uring *uring)
{
    REAL(io_uring_get_probe_ring);
    struct io_uring_probe *probe = lacks_probe ? NULL : real(uring);

    if (probe && lacks_write)
        probe->ops[IORING_OP_WRITE].flags &= (unsigned short)~IO_URING_OP_SUPPORTED;
    return probe;
}

int usleep(useconds_t us)
{
    sleeps += us > 0;
    return 0;
}

static int forget_faults(void **state)
{
    (void)state;
    init = enter = wait_little = get_cqe = register_buffers = (struct fault){0};
    lacks_ext_arg = lacks_write = lacks_probe = false;
    waits = timed_waits = event_gets = exits = sleeps = 0;
    return 0;
}

static void skip_without_io_uring(void)
{
    const char *why;

    if (ring_probe(ENTRIES, &why) < 0) {
        print_message("# skipped: %s\n", why);
        skip();
    }
    forget_faults(NULL);
}

/* A ring, and a pipe whose reading end a request polls. */
struct polled {
    struct stats stats;
    struct ring ring;
    int ends[2];
    unsigned done;
    uint64_t data; /* of the last completion */
};

static void count_done(void *arg, uint64_t user_data, int res)
{
    struct polled *polled = arg;

    assert_true(res >= 0);
    polled->done++;
    polled->data = user_data;
}

static void prepare_nop(struct ring *ring, uint64_t data)
{
    struct io_uring_sqe *sqe = ring_sqe(ring);

    io_uring_prep_nop(sqe);
    io_uring_sqe_set_data64(sqe, data);
}

static void begin(struct polled *polled)
{
    struct io_uring_sqe *sqe;

    skip_without_io_uring();
    *polled = (struct polled){.done = 0};
    assert_int_equal(pipe2(polled->ends, O_CLOEXEC), 0);
    assert_int_equal(ring_open(&polled->ring, ENTRIES, &polled->stats), 0);
    sqe = ring_sqe(&polled->ring);
    io_uring_prep_poll_add(sqe, polled->ends[0], POLLIN);
    io_uring_sqe_set_data64(sqe, POLL_DATA);
    assert_int_equal(ring_submit(&polled->ring, false, 0), 0);
    forget_faults(NULL);
}

/* Lets the poll complete. */
static void make_ready(const struct polled *polled)
{
    assert_int_equal(write(polled->ends[1], "x", 1), 1);
}

static void finish(struct polled *polled)
{
    forget_faults(NULL);
    make_ready(polled);
    while (polled->ring.in_flight > 0) {
        assert_int_equal(ring_submit(&polled->ring, true, 0), 0);
        ring_reap(&polled->ring, count_done, polled);
    }
    ring_close(&polled->ring);
    close(polled->ends[0]);
    close(polled->ends[1]);
}

/* With requests in flight it would wait for them, and an unused ring has nothing to settle. */
static void only_a_used_and_idle_ring_settles(void **state)
{
    struct polled polled;
    struct ring unused;

    (void)state;
    begin(&polled);
    assert_int_equal(ring_open(&unused, ENTRIES, &polled.stats), 0);
    ring_close(&unused);
    ring_close(&polled.ring);
    assert_int_equal(enter.calls, 0);
    assert_int_equal(exits, 2);
    close(polled.ends[0]);
    close(polled.ends[1]);
    begin(&polled);
    finish(&polled);
    assert_true(last_flags & IOSQE_IO_DRAIN); /* waits for all earlier requests */
}

static void a_ring_has_the_flags_that_the_kernel_knows(void **state)
{
    struct stats stats = {0};
    struct ring ring;

    (void)state;
    skip_without_io_uring();
    init = (struct fault){.error = EINVAL, .times = 2};
    assert_int_equal(ring_open(&ring, ENTRIES, &stats), 0);
    ring_close(&ring);
    assert_int_equal(init.calls, 3);
    assert_true(init_flags[0] & IORING_SETUP_DEFER_TASKRUN);
    assert_true(init_flags[1] & IORING_SETUP_COOP_TASKRUN);
    assert_int_equal(init_flags[2], 0);
    assert_int_equal(iowq_workers, 32);
    init = (struct fault){.error = EINVAL, .times = ALWAYS};
    assert_int_equal(ring_open(&ring, ENTRIES, &stats), -EINVAL);
    assert_int_equal(init.calls, 3);
    init = (struct fault){.error = ENOMEM, .times = ALWAYS};
    assert_int_equal(ring_open(&ring, ENTRIES, &stats), -ENOBUFS);
    assert_int_equal(init.calls, 1);
    init = (struct fault){.error = EPERM, .times = ALWAYS};
    assert_int_equal(ring_open(&ring, ENTRIES, &stats), -EPERM);
    assert_int_equal(init.calls, 1);
    forget_faults(NULL);
    lacks_ext_arg = true;
    assert_int_equal(ring_open(&ring, ENTRIES, &stats), -ENOTSUP);
    assert_int_equal(exits, 1);
}

static void memory_is_registered_if_that_is_allowed(void **state)
{
    struct stats stats = {0};
    struct ring ring;
    char memory[16];

    (void)state;
    skip_without_io_uring();
    assert_int_equal(ring_open(&ring, ENTRIES, &stats), 0);
    register_buffers = (struct fault){.error = ENOMEM, .times = 1};
    ring_register(&ring, memory + 1, 8);
    assert_false(ring_registered(&ring, memory + 1));
    ring_register(&ring, memory + 1, 8);
    assert_false(ring_registered(&ring, memory));
    assert_true(ring_registered(&ring, memory + 1));
    assert_true(ring_registered(&ring, memory + 8));
    assert_false(ring_registered(&ring, memory + 9));
    ring_close(&ring);
}

static void requests_and_completions_are_counted(void **state)
{
    struct polled polled;
    uint64_t before_ns;

    (void)state;
    before_ns = stats_now_ns();
    begin(&polled);
    prepare_nop(&polled.ring, 1);
    prepare_nop(&polled.ring, 2);
    ring_flush(&polled.ring);
    ring_flush(&polled.ring); /* nothing to submit: no call counts */
    assert_int_equal(polled.stats.enters, 2);
    assert_int_equal(polled.stats.requests, 3);
    assert_int_equal(polled.stats.in_flight_peak, 3);
    assert_int_equal(ring_submit(&polled.ring, true, 0), 0);
    assert_int_equal(ring_reap(&polled.ring, count_done, &polled), 2);
    assert_int_equal(polled.done, 2);
    assert_int_equal(polled.data, 2);
    assert_int_equal(ring_reap(&polled.ring, count_done, &polled), 0);
    assert_int_equal(polled.ring.in_flight, 1);
    assert_int_equal(polled.stats.enters, 3);
    assert_int_equal(polled.stats.requests, 3);
    for (int i = 0; i < 10; i++)
        assert_int_equal(ring_submit(&polled.ring, true, 1), 0);
    assert_true(polled.stats.in_flight_ns > 0);
    assert_true(polled.stats.in_flight_ns <= 3 * (stats_now_ns() - before_ns));
    finish(&polled);
    assert_int_equal(polled.data, POLL_DATA);
}

static void a_submission_waits_as_it_is_told(void **state)
{
    struct polled polled;

    (void)state;
    begin(&polled);
    assert_int_equal(ring_submit(&polled.ring, true, 20), 0);
    assert_int_equal(waited_ns, 20000000);
    assert_int_equal(timed_waits, 1);
    assert_int_equal(ring_submit(&polled.ring, false, 0), 0);
    assert_int_equal(event_gets, 1);
    assert_int_equal(waits, 0);
    make_ready(&polled);
    assert_int_equal(ring_submit(&polled.ring, true, 0), 0);
    assert_int_equal(waits, 1);
    finish(&polled);
}

static void errors_of_a_submission(void **state)
{
    static const int repeated[] = {EAGAIN, EBUSY, ENOMEM}, done[] = {ETIME, EINTR};
    struct polled polled;

    (void)state;
    begin(&polled);
    for (size_t i = 0; i < 3; i++) { /* also more often than without a request in flight */
        enter = (struct fault){.error = repeated[i], .times = TRIES_MAX + 5};
        wait_little = (struct fault){.error = ETIME, .times = ALWAYS};
        prepare_nop(&polled.ring, 0);
        assert_int_equal(ring_submit(&polled.ring, false, 0), 0);
        assert_int_equal(enter.calls, TRIES_MAX + 6);
        assert_int_equal(ring_reap(&polled.ring, count_done, &polled), 1);
    }
    assert_int_equal(polled.stats.requests, 4); /* each once */
    for (size_t i = 0; i < 2; i++) {
        enter = (struct fault){.error = done[i], .times = 1};
        assert_int_equal(ring_submit(&polled.ring, true, 0), 0);
        assert_int_equal(enter.calls, 1);
    }
    enter = (struct fault){.error = EPERM, .times = ALWAYS};
    assert_int_equal(ring_submit(&polled.ring, true, 0), -EPERM);
    assert_int_equal(enter.calls, 1);
    finish(&polled);
}

static void a_ring_that_cannot_recover_is_given_up(void **state)
{
    struct polled polled;

    (void)state;
    begin(&polled);
    /* a request is in flight, but cannot be waited for */
    enter = (struct fault){.error = EAGAIN, .times = ALWAYS};
    wait_little = (struct fault){.error = EIO, .times = ALWAYS};
    assert_int_equal(ring_submit(&polled.ring, false, 0), -EAGAIN);
    assert_int_equal(enter.calls, TRIES_MAX);
    assert_int_equal(sleeps, TRIES_MAX);
    /* what has come can be reaped */
    make_ready(&polled);
    forget_faults(NULL);
    enter = (struct fault){.error = EBUSY, .times = ALWAYS};
    assert_int_equal(ring_submit(&polled.ring, false, 0), 0);
    assert_int_equal(enter.calls, 1);
    assert_int_equal(ring_reap(&polled.ring, count_done, &polled), 1);
    /* nothing is in flight that could end this */
    prepare_nop(&polled.ring, 0);
    enter = (struct fault){.error = ENOMEM, .times = ALWAYS};
    wait_little = (struct fault){.error = ETIME, .times = ALWAYS};
    assert_int_equal(ring_submit(&polled.ring, false, 0), -ENOMEM);
    assert_int_equal(enter.calls, TRIES_MAX);
    finish(&polled);
}

static uint64_t dropped_count, dropped_data;

static void note_dropped(uint64_t user_data, int res)
{
    assert_true(res >= 0);
    dropped_count++, dropped_data = user_data;
}

static void a_broken_ring_is_drained(void **state)
{
    struct polled polled;

    (void)state;
    begin(&polled);
    prepare_nop(&polled.ring, 0); /* the kernel does not have it */
    dropped_count = 0;
    get_cqe = (struct fault){.error = EIO, .times = ALWAYS};
    assert_false(ring_drain(&polled.ring, note_dropped));
    assert_int_equal(get_cqe.calls, 1);
    get_cqe = (struct fault){.error = EAGAIN, .times = ALWAYS};
    assert_false(ring_drain(&polled.ring, note_dropped));
    assert_int_equal(get_cqe.calls, TRIES_MAX + 1);
    assert_int_equal(dropped_count, 0);
    make_ready(&polled);
    get_cqe = (struct fault){.error = EINTR, .times = TRIES_MAX + 5};
    assert_true(ring_drain(&polled.ring, note_dropped));
    assert_int_equal(dropped_count, 1);
    assert_int_equal(dropped_data, POLL_DATA);
    assert_int_equal(polled.ring.in_flight, 1);
    get_cqe = (struct fault){.error = EIO, .times = ALWAYS}; /* nothing is waited for */
    assert_true(ring_drain(&polled.ring, NULL));
    finish(&polled);
}

static void probe(int status, const char *words)
{
    const char *why = NULL;

    assert_int_equal(ring_probe(ENTRIES, &why), status);
    if (status < 0)
        assert_non_null(strstr(why, words));
    forget_faults(NULL);
}

static void a_probe_tells_the_reason(void **state)
{
    static const int errors[] = {ENOSYS, ENOMEM, EMFILE};
    static const char *const words[] = {"has no io_uring", "RLIMIT_MEMLOCK", "setup failed"};
    FILE *file = fopen("/proc/sys/kernel/io_uring_disabled", "re");
    int disabled = 0;

    (void)state;
    if (file && fscanf(file, "%d", &disabled) != 1)
        disabled = 0;
    if (file)
        fclose(file);
    skip_without_io_uring();
    for (size_t i = 0; i < 3; i++) {
        init = (struct fault){.error = errors[i], .times = 1};
        probe(-errors[i], words[i]);
    }
    init = (struct fault){.error = EPERM, .times = 1};
    probe(-EPERM, disabled > 0 ? "io_uring_disabled" : "setup: forbidden by a seccomp filter");
    lacks_ext_arg = true;
    probe(-ENOTSUP, "before Linux 5.11");
    lacks_write = true;
    probe(-ENOTSUP, "lacks an operation");
    lacks_probe = true; /* then it has them */
    probe(0, "");
    enter = (struct fault){.error = EINTR, .times = 2};
    probe(0, "");
    enter = (struct fault){.error = EINTR, .times = 3};
    probe(-EINTR, "io_uring_enter failed");
    enter = (struct fault){.error = EPERM, .times = 1};
    probe(-EPERM, "enter: forbidden by a seccomp filter");
    enter = (struct fault){.error = ENOSYS, .times = 1};
    probe(-ENOSYS, "enter: forbidden by a seccomp filter");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(only_a_used_and_idle_ring_settles, forget_faults),
        cmocka_unit_test_setup(a_ring_has_the_flags_that_the_kernel_knows, forget_faults),
        cmocka_unit_test_setup(memory_is_registered_if_that_is_allowed, forget_faults),
        cmocka_unit_test_setup(requests_and_completions_are_counted, forget_faults),
        cmocka_unit_test_setup(a_submission_waits_as_it_is_told, forget_faults),
        cmocka_unit_test_setup(errors_of_a_submission, forget_faults),
        cmocka_unit_test_setup(a_ring_that_cannot_recover_is_given_up, forget_faults),
        cmocka_unit_test_setup(a_broken_ring_is_drained, forget_faults),
        cmocka_unit_test_setup(a_probe_tells_the_reason, forget_faults),
    };

    return cmocka_run_group_tests_name("ring_faults", tests, NULL, NULL);
}
