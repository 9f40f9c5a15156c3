/* path.c: see path.h. */
#define _GNU_SOURCE
#include "path.h"

#include <string.h>

size_t path_dir_length(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash ? (size_t)(slash - path) + 1 : 0;
}

const char *path_last(const char *path)
{
    return path + path_dir_length(path);
}

char *path_dir(const char *path)
{
    size_t len = path_dir_length(path);

    while (len > 1 && path[len - 1] == '/')
        len--;
    return len ? strndup(path, len) : strdup(".");
}
