/* check.h: includes cmocka and the headers that it needs first; selects cases. */
#ifndef TESTS_CHECK_H
#define TESTS_CHECK_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

/* cmocka 2 deprecates assert_in_range; earlier versions have only that. */
#ifndef assert_uint_in_range
#define assert_uint_in_range assert_in_range
#endif

/* Limits the program to the cases whose name matches the prefix and the environment's CHECK_CASE, a
 * pattern with * and ?. Every test program has done so with an empty prefix before main. */
void check_select(const char *prefix);

#endif
