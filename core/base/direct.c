/* direct.c: see direct.h. */
#define _GNU_SOURCE
#include "direct.h"

#include <stdlib.h>
#include <sys/mman.h>

uint64_t direct_align(uint64_t bytes)
{
    return (bytes + DIRECT_ALIGN - 1) & ~(uint64_t)(DIRECT_ALIGN - 1);
}

void *direct_alloc(size_t bytes)
{
    void *buffer;

    if (posix_memalign(&buffer, bytes < HUGE_PAGE_BYTES ? DIRECT_ALIGN : HUGE_PAGE_BYTES, bytes) !=
        0)
        return NULL;
    if (bytes >= HUGE_PAGE_BYTES)
        (void)madvise(buffer, bytes, MADV_HUGEPAGE);
    return buffer;
}
