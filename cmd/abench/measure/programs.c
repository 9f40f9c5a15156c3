/* programs.c: the programs that the arms run. See programs.h. */
#define _GNU_SOURCE
#include "programs.h"
#include "child.h"
#include "../../cli/messages.h"
#include "../../cli/quote.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <unistd.h>

void programs_find(struct bench *bench)
{
    char *slash, *path;
    ssize_t len = readlink("/proc/self/exe", bench->bin_dir, sizeof(bench->bin_dir) - 1);

    if (len >= 0)
        bench->bin_dir[len] = '\0';
    else if (!realpath((const char *)getauxval(AT_EXECFN), bench->bin_dir)) /* without /proc */
        cli_fatal(errno, "cannot find acp, ahash and acat");
    slash = strrchr(bench->bin_dir, '/');
    if (slash)
        *slash = '\0';
    /* for the user's arms; last, because the programs can be installed there as cp and cat */
    if (asprintf(&path, "%s:%s", getenv("PATH") ? getenv("PATH") : "/usr/bin:/bin",
                 bench->bin_dir) < 0)
        cli_fatal(0, "memory exhausted");
    setenv("PATH", path, 1);
    free(path);
}

void programs_check(const struct bench *bench)
{
    for (size_t i = 0; i < bench->n_arms; i++) {
        char *argv[] = {NULL, (char *)"--version", NULL};
        int status;
        if (!bench->arms[i].argv)
            continue;
        argv[0] = bench->arms[i].argv[0];
        status = child_command(argv, true);
        if (status != 0)
            cli_fatal(status < 0 ? -status : 0, "cannot run %s", cli_quote(argv[0]));
    }
}
