/* engines.c: finds an engine by its name. */
#include <errno.h>
#include <string.h>

#include "engine.h"

const struct engine *engine_find(const char *name, const struct engine_opts *opts, const char **why,
                                 int *error)
{
    static const struct engine_opts defaults;

    *why = NULL;
    *error = 0;
    if (strcmp(name, "sync") == 0)
        return &engine_sync;
    if (strcmp(name, "uring") == 0 || strcmp(name, "auto") == 0) {
        *error = engine_uring.probe(opts ? opts : &defaults, why);
        if (*error == 0)
            return &engine_uring;
        return name[0] == 'a' ? &engine_sync : NULL;
    }
    *error = -EINVAL;
    return NULL;
}
