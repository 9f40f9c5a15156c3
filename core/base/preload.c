/* preload.c: see preload.h. */
#include "preload.h"

#include <stdlib.h>

bool preload_present(void)
{
    const char *libraries = getenv("LD_PRELOAD");

    return libraries && *libraries;
}
