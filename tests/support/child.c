/* child.c: a part of a test in a process of its own. See child.h. */
#define _GNU_SOURCE
#include "child.h"

#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "check.h"
#include "scratch.h"

pid_t child_start(void)
{
    pid_t test = getpid(), pid = fork();

    if (pid < 0)
        test_broken("fork");
    if (pid == 0 && (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0 || getppid() != test))
        _exit(1);
    return pid;
}

void child_end(pid_t pid)
{
    int status;

    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
}
