/* slow.c: tests of core/uring/slow.c: whether opens are requested, and what becomes of a descriptor
 * whose request has failed. */
#define _GNU_SOURCE
#include "../support/check.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "../../core/uring/slow.h"
#include "../support/scratch.h"

static struct slot open_slot(const char *path)
{
    struct slot slot = {.state = SLOT_CLOSING, .fd = open(path, O_RDONLY | O_CLOEXEC)};

    if (slot.fd < 0 || fstat(slot.fd, &slot.st) < 0)
        test_broken(path);
    return slot;
}

/* Takes the result of a request that closes the slot's file. Returns whether that is still open. */
static bool is_open_after(struct slot *slot, int res)
{
    int fd = slot->fd;
    bool is_open;

    slow_close_done(slot, res);
    assert_int_equal(slot->fd, -1);
    is_open = fcntl(fd, F_GETFD) >= 0;
    if (is_open)
        close(fd);
    return is_open;
}

static void a_request_that_was_not_begun_is_done(void **state)
{
    struct slot slot = open_slot("file");

    (void)state;
    assert_false(is_open_after(&slot, -ECANCELED));
}

/* The kernel has closed the file, and another thread has opened one with its number. */
static void a_number_that_another_file_has_stays(void **state)
{
    static const int results[] = {0, -EIO, -EINTR};
    struct slot slot, other = open_slot("other");

    (void)state;
    for (size_t i = 0; i < sizeof(results) / sizeof(results[0]); i++) {
        slot = open_slot("file");
        assert_true(is_open_after(&slot, results[i]));
    }
    slot = open_slot("file");
    slot.st.st_ino = other.st.st_ino;
    assert_true(is_open_after(&slot, -ECANCELED));
    slot = open_slot("file");
    slot.st.st_dev++;
    assert_true(is_open_after(&slot, -ECANCELED));
    close(other.fd);
}

static void files_of_another_filesystem_are_opened_plainly(void **state)
{
    struct loop *loop = calloc(1, sizeof(*loop));
    struct slot slot = open_slot("file");

    (void)state;
    assert_non_null(loop);
    loop->slow_open = true;
    loop->slow_dev = slot.st.st_dev;
    slow_learn_open(loop, &slot);
    assert_true(loop->slow_open);
    slot.st.st_dev++;
    slow_learn_open(loop, &slot);
    assert_false(loop->slow_open);
    close(slot.fd);
    free(loop);
}

static int set_up(void **state)
{
    int rc = scratch_set_up(state);

    pattern_file("file", 0, 1);
    pattern_file("other", 1, 1);
    return rc;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_request_that_was_not_begun_is_done),
        cmocka_unit_test(a_number_that_another_file_has_stays),
        cmocka_unit_test(files_of_another_filesystem_are_opened_plainly),
    };

    return cmocka_run_group_tests(tests, set_up, scratch_tear_down);
}
