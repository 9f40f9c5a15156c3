/* hooks.c: the user's commands around the runs. See hooks.h. */
#define _GNU_SOURCE
#include "hooks.h"
#include "child.h"
#include "parameters.h"
#include "../../cli/messages.h"

#include <stdlib.h>

static int run_hook(const char *option, const char *command)
{
    char *argv[] = {(char *)"/bin/sh", (char *)"-c", (char *)command, NULL};
    int status = command ? child_command(argv, false) : 0;

    if (status == 0 || child_signal)
        return status ? -1 : 0;
    if (status < 0)
        cli_message(-status, "cannot run the command of --%s", option);
    else
        cli_message(0, "the command of --%s failed with status %d", option, status);
    return -1;
}

/* Runs a command once, or once for each choice of the values of -L that it contains. */
static int run_for_each(const struct bench_options *opts, const char *option, const char *command)
{
    size_t *choice = parameters_first(opts, command, NULL);
    int rc = 0;

    do {
        char *filled = command ? parameters_fill(opts, choice, command) : NULL;
        if (run_hook(option, filled) < 0)
            rc = -1;
        free(filled);
        /* a clean-up goes on after an error */
    } while ((rc == 0 || command == opts->cleanup) && parameters_next(opts, choice));
    free(choice);
    return rc;
}

int hooks_setup(struct bench *bench)
{
    bench->hooked = true;
    return run_for_each(&bench->opts, "setup", bench->opts.setup);
}

int hooks_prepare(const struct bench *bench, const struct bench_arm *arm)
{
    if (!bench->opts.prepare)
        return 0;
    char *filled = parameters_fill(&bench->opts, arm->choice, bench->opts.prepare);
    setenv("ABENCH_ARM", arm->name, 1);
    int rc = run_hook("prepare", filled);
    free(filled);
    unsetenv("ABENCH_ARM");
    return rc;
}

int hooks_cleanup(struct bench *bench)
{
    bool hooked = bench->hooked;

    bench->hooked = false;
    return hooked ? run_for_each(&bench->opts, "cleanup", bench->opts.cleanup) : 0;
}
