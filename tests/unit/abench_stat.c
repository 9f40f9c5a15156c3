/* abench_stat.c: tests of abench's statistics: quantiles, and the coverage of the intervals. */
#include "../support/check.h"

#include <gsl/gsl_randist.h>
#include <gsl/gsl_rng.h>
#include <math.h>

#include "../../cmd/abench/stat.h"

enum {
    TRIALS = 4000,
    VALUES_MAX = 41,
};

static void quantiles(void **state)
{
    double values[] = {4, 1, 3, 2};

    (void)state;
    assert_true(isnan(stat_quantile(values, 0, 0.5)));
    assert_float_equal(stat_quantile(values, 4, 0), 1, 0);
    assert_float_equal(stat_quantile(values, 4, 0.5), 2.5, 1e-9);
    assert_float_equal(stat_quantile(values, 4, 0.25), 1.75, 1e-9);
    assert_float_equal(stat_quantile(values, 4, 1), 4, 0);
}

static void a_line_through_two_parts(void **state)
{
    (void)state;
    /* 2 s for the start and 3 s for every ten units */
    assert_float_equal(stat_line(10, 5, 40, 14, 100), 32, 1e-9);
    /* the larger part is the whole */
    assert_float_equal(stat_line(10, 5, 40, 14, 40), 14, 1e-9);
    /* no line: there is only one part, or the larger one was faster */
    assert_float_equal(stat_line(10, 5, 10, 6, 40), 24, 1e-9);
    assert_float_equal(stat_line(10, 5, 20, 5, 40), 10, 1e-9);
    assert_float_equal(stat_line(10, 5, 20, 4, 40), 8, 1e-9);
}

static void no_interval_of_few(void **state)
{
    double values[] = {1, 2, 3, 4}, more[] = {1, 2, 3, 4, 5}, low = 0, high = 0;

    (void)state;
    assert_false(stat_interval(values, 4, &low, &high));
    assert_true(isnan(low) && isnan(high));
    assert_false(stat_ratio_interval(values, 4, more, 5, &low, &high));
    assert_true(isnan(low) && isnan(high));
    assert_true(stat_interval(more, 5, &low, &high));
    assert_float_equal(low, 1, 0);
    assert_float_equal(high, 5, 0);
}

static void equal_values_have_no_width(void **state)
{
    double values[] = {2, 2, 2, 2, 2, 2}, other[] = {4, 4, 4, 4, 4}, low, high;

    (void)state;
    assert_true(stat_interval(values, 6, &low, &high));
    assert_float_equal(low, 2, 0);
    assert_float_equal(high, 2, 0);
    assert_true(stat_ratio_interval(values, 6, other, 5, &low, &high));
    assert_float_equal(low, 0.5, 1e-9);
    assert_float_equal(high, 0.5, 1e-9);
}

/* Returns the part of the trials in which the interval of n skewed values has the true median, 1.
 */
static double coverage(gsl_rng *rng, size_t n)
{
    double values[VALUES_MAX], low, high;
    unsigned held = 0;

    for (unsigned trial = 0; trial < TRIALS; trial++) {
        for (size_t i = 0; i < n; i++)
            values[i] = gsl_ran_lognormal(rng, 0, 0.3);
        assert_true(stat_interval(values, n, &low, &high));
        held += low <= 1 && 1 <= high;
    }
    return (double)held / TRIALS;
}

static void intervals_hold(void **state)
{
    gsl_rng *rng = gsl_rng_alloc(gsl_rng_mt19937);

    (void)state;
    assert_int_equal(stat_interval_percent(5), 94);
    assert_true(coverage(rng, 5) > 0.925);
    assert_true(coverage(rng, 5) < 0.95); /* so it must not be called one of 95% */
    for (size_t n = 6; n <= VALUES_MAX; n++) {
        double part = coverage(rng, n);
        assert_int_equal(stat_interval_percent(n), 95);
        assert_true(part > 0.95);
        assert_true(part < 1); /* an interval of everything would be useless */
    }
    gsl_rng_free(rng);
}

static void a_difference_is_seen(void **state)
{
    gsl_rng *rng = gsl_rng_alloc(gsl_rng_mt19937);
    double slow[9], fast[9], low, high;

    (void)state;
    for (size_t i = 0; i < 9; i++) {
        slow[i] = 3 * gsl_ran_lognormal(rng, 0, 0.05);
        fast[i] = gsl_ran_lognormal(rng, 0, 0.05);
    }
    assert_true(stat_ratio_interval(slow, 9, fast, 9, &low, &high));
    assert_true(low > 2.5 && high < 3.5 && low < high);
    gsl_rng_free(rng);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(quantiles),          cmocka_unit_test(a_line_through_two_parts),
        cmocka_unit_test(no_interval_of_few), cmocka_unit_test(equal_values_have_no_width),
        cmocka_unit_test(intervals_hold),     cmocka_unit_test(a_difference_is_seen),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
