/* fifo.c: the other end of a FIFO. See fifo.h. */
#define _GNU_SOURCE
#include "fifo.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "child.h"
#include "scratch.h"

void fifo_make(const char *path)
{
    if (mkfifo(path, 0600) < 0)
        test_broken(path);
}

pid_t fifo_write(const char *path, uint64_t seed, uint64_t len)
{
    pid_t pid = child_start();
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
    pid_t pid = child_start();
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
