/* preload.c: see preload.h. */
#define _GNU_SOURCE
#include "preload.h"

#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "retry.h"

enum { LINE_BYTES = 64 };

bool preload_present(void)
{
    const char *libraries = getenv("LD_PRELOAD");

    return libraries && *libraries;
}

/* Reads what follows the key in the first line that begins with it. A line that is longer than
 * value counts as several. */
static bool read_value(const char *path, const char *key, char value[LINE_BYTES])
{
    FILE *file = fopen(path, "re");
    bool found = false;

    if (!file)
        return false;
    while (!found && fgets(value, LINE_BYTES, file))
        found = strncmp(value, key, strlen(key)) == 0;
    fclose(file);
    if (found)
        memmove(value, value + strlen(key), strlen(value) - strlen(key) + 1);
    return found;
}

bool preload_tracer(void)
{
    char value[LINE_BYTES], path[LINE_BYTES];
    long pid;

    if (!read_value("/proc/self/status", "TracerPid:", value))
        return false;
    pid = strtol(value, NULL, 10);
    if (pid == 0)
        return false;
    snprintf(path, sizeof(path), "/proc/%ld/comm", pid);
    return !read_value(path, "", value) ||
           (strcmp(value, "strace\n") != 0 && strcmp(value, "gdb\n") != 0);
}

void preload_thread_begins(void)
{
    if (preload_present())
        (void)unshare(CLONE_FS); /* a filter of system calls may forbid it */
}
