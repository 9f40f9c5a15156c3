/* slot.c: tests of core/uring/slot.c: a wrong change of state ends the program. */
#define _GNU_SOURCE
#include "../support/check.h"

#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../../core/uring/slot.h"

static struct file file;

static struct slot new_slot(void)
{
    return (struct slot){.state = SLOT_FREE, .file = &file, .fd = -1};
}

/* Goes through the states in a child process. Returns whether an assertion has ended it. */
static bool aborts(struct slot slot, const enum slot_state *states, size_t count)
{
    int status;
    pid_t pid = fork();

    if (pid == 0) {
        const struct rlimit no_core = {0, 0};
        (void)setrlimit(RLIMIT_CORE, &no_core);
        (void)signal(SIGABRT, SIG_DFL);
        (void)close(STDERR_FILENO);
        STAILQ_INIT(&slot.undelivered);
        for (size_t i = 0; i < count; i++)
            slot_to(&slot, states[i]);
        _exit(0);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    return WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT;
}

#define ABORTS(slot, ...)                          \
    aborts(slot, (enum slot_state[]){__VA_ARGS__}, \
           sizeof((enum slot_state[]){__VA_ARGS__}) / sizeof(enum slot_state))

static void ways_of_files(void **state)
{
    (void)state;
    assert_false(ABORTS(new_slot(), SLOT_OPENING, SLOT_GUESSED, SLOT_DONE, SLOT_FREE));
    assert_false(ABORTS(new_slot(), SLOT_TYPE_PENDING, SLOT_TYPE_KNOWN, SLOT_OPENING,
                        SLOT_WAIT_LEASE, SLOT_OPENING, SLOT_PARKED, SLOT_INLINE, SLOT_STREAM,
                        SLOT_BLOCKING, SLOT_DONE, SLOT_FREE));
    assert_false(ABORTS(new_slot(), SLOT_OPENING, SLOT_STREAM, SLOT_DONE, SLOT_FREE));
    assert_false(ABORTS(new_slot(), SLOT_OPENING, SLOT_DONE, SLOT_CLOSING, SLOT_FREE));
}

static void ways_that_no_file_goes(void **state)
{
    (void)state;
    assert_true(ABORTS(new_slot(), SLOT_STREAM));
    assert_true(ABORTS(new_slot(), SLOT_OPENING, SLOT_FREE));
    assert_true(ABORTS(new_slot(), SLOT_OPENING, SLOT_STREAM, SLOT_INLINE));
    assert_true(ABORTS(new_slot(), SLOT_OPENING, SLOT_DONE, SLOT_DONE));
    assert_true(ABORTS(new_slot(), SLOT_OPENING, SLOT_DONE, SLOT_STREAM));
    assert_true(ABORTS(new_slot(), SLOT_OPENING, SLOT_CLOSING));
}

static void a_slot_with_a_request_is_not_free(void **state)
{
    struct slot slot = new_slot();

    (void)state;
    slot.requests = 1;
    assert_true(ABORTS(slot, SLOT_OPENING, SLOT_DONE, SLOT_FREE));
    slot.requests = 0;
    slot.small_block.state = BLOCK_WRITING;
    assert_true(ABORTS(slot, SLOT_OPENING, SLOT_DONE, SLOT_FREE));
}

static void a_file_fails_once(void **state)
{
    struct slot slot = new_slot();

    (void)state;
    slot_to(&slot, SLOT_OPENING);
    slot_fail(&slot, STEP_OPEN, -1);
    slot_fail(&slot, STEP_READ, -2);
    assert_int_equal(slot.state, SLOT_DONE);
    assert_int_equal(file.status, -1);
    assert_int_equal(file.step, STEP_OPEN);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ways_of_files),
        cmocka_unit_test(ways_that_no_file_goes),
        cmocka_unit_test(a_slot_with_a_request_is_not_free),
        cmocka_unit_test(a_file_fails_once),
    };

    return cmocka_run_group_tests_name("slot", tests, NULL, NULL);
}
