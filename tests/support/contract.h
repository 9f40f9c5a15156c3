/* contract.h: one table of cases, run on every engine. */
#ifndef TESTS_CONTRACT_H
#define TESTS_CONTRACT_H

#include <stddef.h>

#include "../../core/engine.h"

/* A case runs in an empty directory of its own. It gives the numbers their meaning. */
struct contract_case {
    const char *name;
    void (*run)(const struct engine *engine, const struct contract_case *this);
    size_t block_bytes;
    unsigned depth;
    unsigned jobs;
};

/* Runs all cases on both engines; returns the exit status. If io_uring is unavailable the run
 * fails, unless AIOUTILS_TEST_NO_URING is in the environment. */
int contract_main(const struct contract_case *cases, size_t count);

#endif
