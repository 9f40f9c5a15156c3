/* contract.c: one table of cases, run on every engine. See contract.h. */
#define _GNU_SOURCE
#include "contract.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "scratch.h"

struct engine_case {
    const struct engine *engine;
    const struct contract_case *this;
};

static void run_case(void **state)
{
    const struct engine_case *one = *state;

    one->this->run(one->engine, one->this);
}

/* Appends the cases of one engine. Returns 0, or -1 if the engine unexpectedly cannot run. */
static int add_engine(const struct engine *engine, const struct contract_case *cases, size_t count,
                      struct engine_case *states, struct CMUnitTest *tests, size_t *len)
{
    static const struct engine_opts defaults;
    const char *why = NULL;
    int rc = engine->probe(&defaults, &why);

    if (rc < 0 && engine == &engine_uring && getenv("AIOUTILS_TEST_NO_URING")) {
        printf("# sum: left out: tests/contract/%s with io_uring: AIOUTILS_TEST_NO_URING is set\n",
               program_invocation_short_name);
        fflush(stdout); /* before cases fork */
        return 0;
    }
    if (rc < 0) {
        printf("not ok - engine %s cannot run here: %s: %s\n", engine->name, why, strerror(-rc));
        return -1;
    }
    for (size_t i = 0; i < count; i++, ++*len) {
        char *name = NULL;
        if (asprintf(&name, "%s: %s", engine->name, cases[i].name) < 0)
            test_broken("memory");
        states[*len] = (struct engine_case){engine, &cases[i]};
        tests[*len] = (struct CMUnitTest){name, run_case, scratch_set_up, scratch_tear_down,
                                          &states[*len]};
    }
    return 0;
}

int contract_main(const struct contract_case *cases, size_t count)
{
    struct engine_case *states = calloc(2 * count, sizeof(*states));
    struct CMUnitTest *tests = calloc(2 * count, sizeof(*tests));
    size_t len = 0;
    int rc = 1;

    /* a reader that closes its pipe too early must be reported as a failure */
    signal(SIGPIPE, SIG_IGN);
    /* the cases are named "ENGINE: NAME" */
    check_select("*");
    if (!states || !tests)
        test_broken("memory");
    if (add_engine(&engine_sync, cases, count, states, tests, &len) == 0 &&
        add_engine(&engine_uring, cases, count, states, tests, &len) == 0)
        rc = _cmocka_run_group_tests("contract", tests, len, NULL, NULL);
    for (size_t i = 0; i < len; i++)
        free((char *)tests[i].name);
    free(tests);
    free(states);
    return rc;
}
