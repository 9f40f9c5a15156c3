/* sink_thread.c: tests of core/digest/sink_thread: the bytes come to the inner sink as they went
 * in. */
#define _GNU_SOURCE
#include "../../core/digest/sink_thread.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "../support/check.h"

enum {
    FILES = 3,
};
static const size_t large_bytes = (size_t)1024 * 1024;

/* a sink that records its calls, and fails on request */
struct notes {
    struct sink sink; /* must be first */
    uint64_t sums[FILES], bytes[FILES];
    bool ended[FILES];
    int fail_after; /* calls; -1: never */
};
_Static_assert(offsetof(struct notes, sink) == 0, "a sink is cast to its notes");

static int notes_data(struct sink *sink, struct file *file, const void *bytes, size_t len)
{
    struct notes *notes = (struct notes *)sink;
    const unsigned char *at = bytes;

    assert_false(notes->ended[file->seq]);
    if (notes->fail_after == 0)
        return -EIO;
    if (notes->fail_after > 0)
        notes->fail_after--;
    for (size_t i = 0; i < len; i++)
        notes->sums[file->seq] = notes->sums[file->seq] * 31 + at[i]; /* order matters */
    notes->bytes[file->seq] += len;
    return 0;
}

static void notes_end(struct sink *sink, struct file *file)
{
    ((struct notes *)sink)->ended[file->seq] = true;
}

static void keep(struct sink *sink)
{
    (void)sink;
}

static uint64_t sum_of(const char *bytes, size_t len, int times)
{
    uint64_t sum = 0;

    while (times-- > 0)
        for (size_t i = 0; i < len; i++)
            sum = sum * 31 + (unsigned char)bytes[i];
    return sum;
}

static char *some_bytes(void)
{
    char *bytes = malloc(3 * large_bytes);

    assert_non_null(bytes);
    for (size_t i = 0; i < 3 * large_bytes; i++)
        bytes[i] = (char)(i * 7 + i / 4096);
    return bytes;
}

static void large_and_small(void **state)
{
    struct notes notes = {.sink = {.data = notes_data, .end = notes_end, .free = keep},
                          .fail_after = -1};
    struct sink *sink_thread = sink_thread_new(&notes.sink);
    struct file large = {.seq = 0}, small = {.seq = 1}, other = {.seq = 2};
    char *bytes = some_bytes();

    (void)state;
    assert_non_null(sink_thread);
    for (int i = 0; i < 20; i++) {
        assert_int_equal(sink_thread->data(sink_thread, &large, bytes, 3 * large_bytes), 0);
        assert_int_equal(sink_thread->data(sink_thread, &small, bytes, 100), 0);
        assert_int_equal(sink_thread->data(sink_thread, &other, bytes, large_bytes), 0);
        /* the end of a block that is small */
        assert_int_equal(sink_thread->data(sink_thread, &other, bytes, 10), 0);
    }
    sink_thread->end(sink_thread, &small);
    sink_thread->end(sink_thread, &large);
    sink_thread->end(sink_thread, &other);
    assert_true(notes.sums[0] == sum_of(bytes, 3 * large_bytes, 20));
    assert_true(notes.sums[1] == sum_of(bytes, 100, 20));
    assert_int_equal(notes.bytes[2], 20 * (large_bytes + 10));
    assert_int_equal(large.status, 0);
    sink_free(sink_thread);
    free(bytes);
}

/* Checks that small blocks of a large file are gathered. */
static void small_blocks(void **state)
{
    struct notes notes = {.sink = {.data = notes_data, .end = notes_end, .free = keep},
                          .fail_after = -1};
    struct sink *sink_thread = sink_thread_new(&notes.sink);
    struct file file = {.seq = 0};
    const size_t block = 100000;
    char *bytes = some_bytes();

    (void)state;
    while (file.bytes < 300 * block) {
        assert_int_equal(sink_thread->data(sink_thread, &file, bytes, block), 0);
        file.bytes += block;
    }
    sink_thread->end(sink_thread, &file);
    assert_true(notes.sums[0] == sum_of(bytes, block, 300));
    assert_int_equal(notes.bytes[0], 300 * block);
    assert_true(sink_thread->thread_ns > 0);
    sink_free(sink_thread);
    free(bytes);
}

static void failing(void **state)
{
    struct notes notes = {.sink = {.data = notes_data, .end = notes_end, .free = keep},
                          .fail_after = 2};
    struct sink *sink_thread = sink_thread_new(&notes.sink);
    struct file large = {.seq = 0}, next = {.seq = 1};
    char *bytes = some_bytes();

    (void)state;
    for (int i = 0; i < 4; i++)
        (void)sink_thread->data(sink_thread, &large, bytes, large_bytes);
    sink_thread->end(sink_thread, &large);
    assert_int_equal(large.status, -EIO);
    assert_int_equal(large.step, STEP_SINK);
    assert_true(notes.ended[0]);
    notes.fail_after = -1;
    assert_int_equal(sink_thread->data(sink_thread, &next, bytes, large_bytes), 0);
    sink_thread->end(sink_thread, &next);
    assert_int_equal(next.status, 0);
    assert_true(notes.sums[1] == sum_of(bytes, large_bytes, 1));
    sink_free(sink_thread);
    free(bytes);
}

/* A failure that is noticed only with the bytes of another file belongs to the first one. */
static void failing_late(void **state)
{
    struct notes notes = {.sink = {.data = notes_data, .end = notes_end, .free = keep},
                          .fail_after = 0};
    struct sink *sink_thread = sink_thread_new(&notes.sink);
    struct file large = {.seq = 0}, small = {.seq = 1};
    char *bytes = some_bytes();

    (void)state;
    (void)sink_thread->data(sink_thread, &large, bytes, large_bytes);
    assert_int_equal(sink_thread->data(sink_thread, &small, bytes, 10), -EIO);
    assert_int_equal(large.status, -EIO);
    assert_int_equal(small.status, 0);
    sink_free(sink_thread);
    free(bytes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(large_and_small),
        cmocka_unit_test(small_blocks),
        cmocka_unit_test(failing),
        cmocka_unit_test(failing_late),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
