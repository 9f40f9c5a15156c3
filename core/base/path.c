/* path.c: see path.h. */
#define _GNU_SOURCE
#include "path.h"

#include <string.h>

size_t path_dir_length(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash ? (size_t)(slash - path) + 1 : 0;
}

/* Returns path_dir_length without the slashes at its end; "/" keeps one. */
static size_t dir_text_length(const char *path)
{
    size_t len = path_dir_length(path);

    while (len > 1 && path[len - 1] == '/')
        len--;
    return len;
}

const char *path_last(const char *path)
{
    return path + path_dir_length(path);
}

char *path_dir(const char *path)
{
    size_t len = dir_text_length(path);

    return len ? strndup(path, len) : strdup(".");
}

const char *path_split(char *path, char **last)
{
    size_t len = dir_text_length(path);

    if (last)
        *last = path + path_dir_length(path);
    if (len == 0)
        return ".";
    if (path[len - 1] == '/')
        return "/";
    path[len] = 0;
    return path;
}
