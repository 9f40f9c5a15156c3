/* fold.c: finds names without regard to case. */
#define _GNU_SOURCE
#include "fold.h"

#include <dirent.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

enum {
    RESULTS = 2, /* rename and link have two paths */
};

/* Replaces the last component, which begins at name, by the spelling in its directory. */
static void spell(const char *path, char *name)
{
    struct stat st;
    const struct dirent *dirent;
    char parent[PATH_MAX];
    DIR *dir;

    if (lstat(path, &st) == 0)
        return;
    snprintf(parent, sizeof(parent), "%.*s", name == path ? 1 : (int)(name - path),
             name == path ? "." : path);
    dir = opendir(parent);
    while (dir && (dirent = readdir(dir))) {
        if (strcasecmp(dirent->d_name, name) == 0) {
            memcpy(name, dirent->d_name, strlen(name));
            break;
        }
    }
    if (dir)
        closedir(dir);
}

const char *fold_path(const char *path)
{
    static _Thread_local char results[RESULTS][PATH_MAX];
    static _Thread_local unsigned next;
    char *result = results[next++ % RESULTS];
    char *name = result;

    snprintf(result, PATH_MAX, "%s", path);
    for (;;) {
        char *slash = strchr(name, '/');
        if (slash)
            *slash = 0;
        spell(result, name);
        if (!slash)
            return result;
        *slash = '/';
        name = slash + 1;
    }
}
