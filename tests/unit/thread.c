/* thread.c: tests of core/base/thread.c: the stack does not depend on RLIMIT_STACK. */
#define _GNU_SOURCE
#include "../support/check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../../core/base/thread.h"

#ifdef __SANITIZE_THREAD__
enum { USED = 256 * 1024, STACK_MOST = 16 * 1024 * 1024 };
#else
enum { USED = 256 * 1024, STACK_MOST = 1536 * 1024 }; /* less than the usual sizes */
#endif

static void *use_stack(void *arg)
{
    volatile char used[USED];
    size_t *size = arg;
    pthread_attr_t attr;

    for (size_t i = 0; i < sizeof(used); i += 1024)
        used[i] = 1;
    if (pthread_getattr_np(pthread_self(), &attr) == 0) {
        pthread_attr_getstacksize(&attr, size);
        pthread_attr_destroy(&attr);
    }
    return NULL;
}

/* Starts itself again below the limit: the C library reads it at the start. If it cannot be raised,
 * the present one stays. */
static void runs_below(const char *limit_kib)
{
    char command[512], self[256] = "";

    assert_true(readlink("/proc/self/exe", self, sizeof(self) - 1) > 0);
    snprintf(command, sizeof(command), "ulimit -S -s %s; exec '%s' thread", limit_kib, self);
    assert_int_equal(system(command), 0);
}

static void stacks_do_not_depend_on_the_limit(void **state)
{
    (void)state;
    runs_below("128");
    runs_below("unlimited");
}

static int in_thread(void)
{
    size_t size = 0;
    pthread_t thread;

    if (thread_start(&thread, use_stack, &size) != 0 || pthread_join(thread, NULL) != 0)
        return 1;
    return size >= USED && size <= STACK_MOST ? 0 : 2;
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(stacks_do_not_depend_on_the_limit)};

    if (argc > 1 && strcmp(argv[1], "thread") == 0)
        return in_thread();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
