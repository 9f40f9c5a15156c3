/* fifo.c: the other end of a FIFO. See fifo.h. */
#define _GNU_SOURCE
#include "fifo.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "check.h"
#include "scratch.h"

void fifo_make(const char *path)
{
    if (mkfifo(path, 0600) < 0)
        test_broken(path);
}

/* Returns 0 in the new process, which does not outlive the test. */
static pid_t other_end(void)
{
    pid_t test = getpid(), pid = fork();

    if (pid < 0)
        test_broken("fork");
    if (pid == 0 && (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0 || getppid() != test))
        _exit(1);
    return pid;
}

pid_t fifo_write(const char *path, uint64_t seed, uint64_t len)
{
    pid_t pid = other_end();
    uint64_t at = 0;
    int fd;

    if (pid > 0)
        return pid;
    fd = open(path, O_WRONLY | O_CLOEXEC);
    if (fd < 0)
        test_broken(path);
    for (unsigned i = 0; at < len; i++) {
        uint64_t part = 1 + i * 1237 % 9000;
        if (part > len - at)
            part = len - at;
        pattern_write(fd, seed, at, part);
        at += part;
        usleep(500);
    }
    _exit(0);
}

pid_t fifo_read(const char *path, const char *into)
{
    pid_t pid = other_end();
    uint8_t bytes[5000];
    ssize_t n;
    int from, to;

    if (pid > 0)
        return pid;
    from = open(path, O_RDONLY | O_CLOEXEC);
    to = open(into, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    if (from < 0 || to < 0)
        test_broken(path);
    while ((n = read(from, bytes, sizeof(bytes))) > 0)
        if (write(to, bytes, (size_t)n) != n)
            test_broken(into);
    if (n < 0)
        test_broken(path);
    _exit(0);
}

void fifo_end(pid_t pid)
{
    int status;

    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
}
