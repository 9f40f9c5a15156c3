/* fuzz.h: what the fuzz targets have in common: libFuzzer's entry point, and a way to fail. */
#ifndef TESTS_FUZZ_H
#define TESTS_FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

/* Called by libFuzzer (make fuzz), or by replay.c with what is in tests/fuzz/corpus (make check).
 */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

/* Never compiled out. */
#define MUST(condition)                                                                   \
    do {                                                                                  \
        if (!(condition)) {                                                               \
            fprintf(stderr, "%s:%d: it is not so: %s\n", __FILE__, __LINE__, #condition); \
            abort();                                                                      \
        }                                                                                 \
    } while (0)

#endif
