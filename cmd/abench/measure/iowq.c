/* iowq.c: counts the worker threads of a ring from outside the process. */
#define _GNU_SOURCE
#include "iowq.h"
#include "child.h"

#include <assert.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum {
    POLL_NS = 2000000, /* between two counts of a process's threads */
};

static unsigned count_workers(DIR *tasks)
{
    unsigned count = 0;
    struct dirent *entry;

    rewinddir(tasks);
    while ((entry = readdir(tasks))) {
        char path[sizeof(entry->d_name) + 8], name[16] = "";
        snprintf(path, sizeof(path), "%s/comm", entry->d_name);
        int fd = openat(dirfd(tasks), path, O_RDONLY | O_CLOEXEC);
        if (fd >= 0 && read(fd, name, sizeof(name) - 1) > 0)
            count += strncmp(name, "iou-wrk-", 8) == 0;
        if (fd >= 0)
            close(fd);
    }
    return count;
}

static void watch_loop(pid_t pid, unsigned *most)
{
    const struct timespec pause = {.tv_nsec = POLL_NS};
    char path[64];

    snprintf(path, sizeof(path), "/proc/%d/task", (int)pid);
    DIR *tasks = opendir(path);
    while (tasks) {
        unsigned count = count_workers(tasks);
        if (count > *most)
            *most = count;
        nanosleep(&pause, NULL);
    }
}

int iowq_watch_start(struct iowq_watch *watch, pid_t pid)
{
    watch->most = child_shared_new(sizeof(*watch->most));
    if (!watch->most)
        return -errno;
    watch->watcher = fork();
    if (watch->watcher == 0) {
        child_signals_release();
        prctl(PR_SET_PDEATHSIG, SIGTERM);
        watch_loop(pid, watch->most);
        _exit(0);
    }
    if (watch->watcher < 0) {
        int rc = -errno;
        child_shared_free(watch->most, sizeof(*watch->most));
        return rc;
    }
    return 0;
}

unsigned iowq_watch_end(struct iowq_watch *watch)
{
    unsigned most;

    assert(watch->watcher > 0); /* kill(0) and kill(-1) signal other processes, too */
    kill(watch->watcher, SIGTERM);
    while (waitpid(watch->watcher, NULL, 0) < 0 && errno == EINTR) {
    }
    most = *watch->most;
    child_shared_free(watch->most, sizeof(*watch->most));
    return most;
}
