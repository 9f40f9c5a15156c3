/* histogram.c: tests of core/load/histogram.c: percentiles against those of the sorted values. */
#define _GNU_SOURCE
#include "../support/check.h"

#include <stdlib.h>
#include <string.h>

#include "../../core/load/histogram.h"

enum { COUNT = 100000 };

static struct histogram histogram; /* too large for the stack */

static int clear(void **state)
{
    (void)state;
    memset(&histogram, 0, sizeof(histogram));
    return 0;
}

/* Checks that a result is at least the value and at most a bucket above it. */
static void assert_percentile(double percent, uint64_t value)
{
    assert_uint_in_range(histogram_percentile(&histogram, percent), value, value + value / 256);
}

static void nothing_was_recorded(void **state)
{
    (void)state;
    assert_int_equal(histogram_percentile(&histogram, 50), 0);
    assert_int_equal(histogram_percentile(&histogram, 100), 0);
}

static void one_value_is_every_percentile(void **state)
{
    (void)state;
    histogram_record(&histogram, 123456789);
    assert_int_equal(histogram_percentile(&histogram, 0), 123456789);
    assert_int_equal(histogram_percentile(&histogram, 50), 123456789);
    assert_int_equal(histogram_percentile(&histogram, 100), 123456789);
    assert_int_equal(histogram.min, 123456789);
    assert_int_equal(histogram.max, 123456789);
}

static void small_values_are_exact(void **state)
{
    (void)state;
    for (uint64_t value = 1; value <= 500; value++)
        histogram_record(&histogram, value);
    assert_int_equal(histogram_percentile(&histogram, 0.2), 1);
    assert_int_equal(histogram_percentile(&histogram, 50), 250);
    assert_int_equal(histogram_percentile(&histogram, 99), 495);
    assert_int_equal(histogram_percentile(&histogram, 99.9), 500);
    assert_int_equal(histogram.sum, 125250);
}

/* Records values around every power of two, at which bucket sizes change. */
static void every_octave_has_narrow_buckets(void **state)
{
    (void)state;
    for (unsigned bits = 1; bits < 42; bits++) {
        for (int64_t off = -2; off <= 2; off++) {
            uint64_t value = (UINT64_C(1) << bits) + (uint64_t)off;
            clear(NULL);
            histogram_record(&histogram, value);
            histogram_record(&histogram, UINT64_C(1) << 43); /* so that it is not the largest */
            assert_percentile(50, value);
        }
    }
}

static void values_beyond_the_last_bucket_count(void **state)
{
    (void)state;
    histogram_record(&histogram, 5);
    histogram_record(&histogram, UINT64_MAX);
    histogram_record(&histogram, UINT64_MAX);
    assert_int_equal(histogram_percentile(&histogram, 33), 5);
    assert_int_equal(histogram_percentile(&histogram, 50), UINT64_MAX);
}

static int compare(const void *left, const void *right)
{
    uint64_t a = *(const uint64_t *)left, b = *(const uint64_t *)right;

    return a < b ? -1 : a > b;
}

static void percentiles_are_those_of_the_sorted_values(void **state)
{
    static uint64_t values[COUNT];
    static struct histogram workers[2];
    uint64_t random = 1;

    (void)state;
    for (unsigned i = 0; i < COUNT; i++) {
        random = random * UINT64_C(6364136223846793005) + 1442695040888963407;
        values[i] = (random >> 33) >> (random >> 59); /* of all sizes */
        histogram_record(&workers[i % 2], values[i]);
    }
    histogram_add(&histogram, &workers[0]);
    histogram_add(&histogram, &workers[1]);
    qsort(values, COUNT, sizeof(values[0]), compare);
    assert_int_equal(histogram.count, COUNT);
    assert_int_equal(histogram.min, values[0]);
    assert_int_equal(histogram.max, values[COUNT - 1]);
    for (unsigned permille = 1; permille <= 1000; permille++)
        assert_percentile(permille / 10.0, values[permille * (COUNT / 1000) - 1]);
}

static void percentiles_follow_from_the_buckets(void **state)
{
    uint64_t most, count, last = 0, sum = 0;
    struct histogram *copy = calloc(1, sizeof(*copy));

    (void)state;
    assert_non_null(copy);
    for (uint64_t value = 1; value < 5000000; value += value / 100 + 1)
        histogram_record_count(&histogram, value, value % 3);
    histogram_record(&histogram, UINT64_MAX);
    for (unsigned at = 0; histogram_next(&histogram, &at, &most, &count); last = most) {
        assert_true(count > 0 && most > last);
        sum += count;
        histogram_record_count(copy, most, count);
    }
    assert_int_equal(sum, histogram.count);
    for (unsigned permille = 1; permille <= 1000; permille++)
        assert_int_equal(histogram_percentile(copy, permille / 10.0),
                         histogram_percentile(&histogram, permille / 10.0));
    free(copy);
}

static void nothing_has_no_buckets(void **state)
{
    uint64_t most, count;
    unsigned at = 0;

    (void)state;
    histogram_record_count(&histogram, 5, 0);
    assert_false(histogram_next(&histogram, &at, &most, &count));
    assert_int_equal(histogram.max, 0);
}

static void adding_nothing_changes_nothing(void **state)
{
    static const struct histogram none;

    (void)state;
    histogram_record(&histogram, 7);
    histogram_add(&histogram, &none);
    assert_int_equal(histogram.min, 7);
    assert_int_equal(histogram.count, 1);
}

#define TEST(function) cmocka_unit_test_setup(function, clear)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(nothing_was_recorded),
        TEST(one_value_is_every_percentile),
        TEST(small_values_are_exact),
        TEST(every_octave_has_narrow_buckets),
        TEST(values_beyond_the_last_bucket_count),
        TEST(percentiles_are_those_of_the_sorted_values),
        TEST(percentiles_follow_from_the_buckets),
        TEST(nothing_has_no_buckets),
        TEST(adding_nothing_changes_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
