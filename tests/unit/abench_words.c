/* abench_words.c: tests of numbers as abench prints them. */
#define _GNU_SOURCE
#include "../support/check.h"

#include <math.h>

#include "../../cmd/abench/report/words.h"

static void no_figure_is_rounded_to_nothing(void **state)
{
    (void)state;
    assert_string_equal(words_figure(NAN), "-");
    assert_string_equal(words_figure(0), "0");
    assert_string_equal(words_figure(0.0009), "<0.1");
    assert_string_equal(words_figure(0.25), "0.2");
    assert_string_equal(words_figure(9.96), "10");
    assert_string_equal(words_figure(147.3), "147");
    assert_string_equal(words_seconds(0), "0 s");
    assert_string_equal(words_seconds(0.00712), "7.12 ms");
    assert_string_equal(words_times(0.004), "0.004");
    assert_string_equal(words_times(0.95), "0.95");
    assert_string_equal(words_bytes(1), "1 byte");
    assert_string_equal(words_bytes(6), "6 bytes");
    assert_string_equal(words_bytes(23420), "23.4 kB");
    assert_string_equal(words_bytes(999960), "1.0 MB");
    assert_string_equal(words_of_whole(300, 1500), "300 of 1,500 files");
    assert_string_equal(words_of_whole(1, 0), "1 file");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_figure_is_rounded_to_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
