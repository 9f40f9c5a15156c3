/* check.c: selects cases by name, and prints each result at once. See check.h. */
#include "check.h"

#include <stdio.h>
#include <stdlib.h>

void check_select(const char *prefix)
{
    static char pattern[512];
    const char *name = getenv("CHECK_CASE");

    if (name && *name) {
        snprintf(pattern, sizeof(pattern), "%s%s", prefix, name);
        cmocka_set_test_filter(pattern);
    }
}

static void __attribute__((constructor)) set_up(void)
{
    check_select("");
    /* scripts/check ends a test that prints nothing for a time */
    setvbuf(stdout, NULL, _IOLBF, 0);
}
