/* guard.c: ends the commands of an abench that is killed, and what they have started. See guard.h.
 *
 * The kernel can end a child with its parent, but not the children of that child. Therefore a
 * process waits for the end of abench, which it sees as the end of a connection, and kills the
 * group of the command that runs. It is no child of abench, so that none of them has to be told
 * from it. */
#define _GNU_SOURCE
#include "guard.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

static int names = -1; /* end of the connection that the groups are written to */

static void __attribute__((noreturn)) guard(int in)
{
    pid_t group = 0, next;
    int null = open("/dev/null", O_RDWR | O_CLOEXEC);
    ssize_t n;

    setsid(); /* what ends the group of abench leaves this process */
    prctl(PR_SET_NAME, "abench-guard");
    for (int fd = 0; fd <= 2; fd++)
        dup2(null, fd); /* readers of the output wait for abench only */
    while ((n = read(in, &next, sizeof(next))) == sizeof(next) || (n < 0 && errno == EINTR))
        if (n > 0)
            group = next;
    if (group > 1)
        kill(-group, SIGKILL);
    _exit(0);
}

void guard_start(void)
{
    int fds[2];
    pid_t pid;

    /* all processes of a container end with its first one, which is also the parent of orphans */
    if (getpid() == 1 || socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) < 0)
        return;
    pid = fork();
    if (pid == 0) {
        close(fds[1]);
        if (fork() == 0) /* whose parent ends */
            guard(fds[0]);
        _exit(0);
    }
    if (pid > 0)
        waitpid(pid, NULL, 0);
    close(fds[0]);
    names = fds[1];
}

void guard_group(pid_t group)
{
    if (names >= 0)
        (void)send(names, &group, sizeof(group), MSG_NOSIGNAL);
}
