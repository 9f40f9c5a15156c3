/* fuzz.h: shared by the fuzz targets: the entry point of libFuzzer, and a way to fail. */
#ifndef TESTS_FUZZ_H
#define TESTS_FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

/* Runs one input: called by libFuzzer (make fuzz), or by replay.c for tests/fuzz/corpus (make
 * check).
 */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

/* Aborts if the condition is false; NDEBUG does not disable it. */
#define MUST(condition)                                                                   \
    do {                                                                                  \
        if (!(condition)) {                                                               \
            fprintf(stderr, "%s:%d: it is not so: %s\n", __FILE__, __LINE__, #condition); \
            abort();                                                                      \
        }                                                                                 \
    } while (0)

#endif
