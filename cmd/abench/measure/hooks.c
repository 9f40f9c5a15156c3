/* hooks.c: the user's commands around the runs. See hooks.h. */
#define _GNU_SOURCE
#include "hooks.h"
#include "child.h"
#include "../../cli/messages.h"

#include <stdlib.h>

static int run_hook(const char *option, const char *command)
{
    char *argv[] = {(char *)"/bin/sh", (char *)"-c", (char *)command, NULL};
    int status = command ? child_command(argv, false) : 0;

    if (status == 0 || child_signal)
        return status ? -1 : 0;
    cli_message(0, "the command of --%s failed with status %d", option, status);
    return -1;
}

int hooks_setup(struct bench *bench)
{
    bench->hooked = true;
    return run_hook("setup", bench->opts.setup);
}

int hooks_prepare(const struct bench *bench, const struct bench_arm *arm)
{
    if (!bench->opts.prepare)
        return 0;
    setenv("ABENCH_ARM", arm->name, 1);
    int rc = run_hook("prepare", bench->opts.prepare);
    unsetenv("ABENCH_ARM");
    return rc;
}

int hooks_cleanup(struct bench *bench)
{
    bool hooked = bench->hooked;

    bench->hooked = false;
    return hooked ? run_hook("cleanup", bench->opts.cleanup) : 0;
}
