/* check.c: a test of tests/support/check.c. */
#define _GNU_SOURCE
#include "../support/check.h"

#include <stdio.h>
#include <stdio_ext.h>

static void a_result_is_printed_at_once(void **state)
{
    (void)state;
    assert_true(__flbf(stdout)); /* line by line, also to a file */
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(a_result_is_printed_at_once)};

    return cmocka_run_group_tests_name("check", tests, NULL, NULL);
}
