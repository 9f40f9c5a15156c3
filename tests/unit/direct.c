/* direct.c: tests of core/base/direct.c. */
#define _GNU_SOURCE
#include "../support/check.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "../../core/base/direct.h"

static void rounds_up(void **state)
{
    (void)state;
    assert_int_equal(direct_align(0), 0);
    assert_int_equal(direct_align(1), 4096);
    assert_int_equal(direct_align(4095), 4096);
    assert_int_equal(direct_align(4096), 4096);
    assert_int_equal(direct_align(4097), 8192);
    assert_true(direct_align((UINT64_C(1) << 40) + 1) == (UINT64_C(1) << 40) + 4096);
}

static void buffers_are_aligned(void **state)
{
    static const size_t sizes[] = {1, 4096, HUGE_PAGE_BYTES - 1, HUGE_PAGE_BYTES,
                                   HUGE_PAGE_BYTES + 1};

    (void)state;
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        size_t align = sizes[i] < HUGE_PAGE_BYTES ? DIRECT_ALIGN : HUGE_PAGE_BYTES;
        void *buffer = direct_alloc(sizes[i]);
        assert_non_null(buffer);
        assert_int_equal((uintptr_t)buffer % align, 0);
        memset(buffer, 1, sizes[i]);
        free(buffer);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rounds_up),
        cmocka_unit_test(buffers_are_aligned),
    };

    return cmocka_run_group_tests_name("direct", tests, NULL, NULL);
}
