/* left.c: ends the processes that an arm leaves running, because they would disturb the next arms.
 */
#define _GNU_SOURCE
#include "left.h"
#include "child.h"

#include <assert.h>
#include <ctype.h>
#include <dirent.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum {
    POLL_NS = 1000000,
    SOON_POLLS = 100, /* the end of a pipeline may lag behind the shell */
    POLLS_MAX = 2000, /* another user's process, or one in the kernel, cannot be ended */
};

void left_adopt(void)
{
    prctl(PR_SET_CHILD_SUBREAPER, 1);
}

/* Returns true if the process, a name in /proc, is a child of abench that has not ended. */
static bool is_child(const char *pid)
{
    char path[64], line[1024], state;
    const char *end = NULL;
    int parent = -1;
    FILE *file;

    snprintf(path, sizeof(path), "/proc/%.20s/stat", pid);
    file = fopen(path, "re");
    if (file && fgets(line, sizeof(line), file))
        end = strrchr(line, ')'); /* the name can contain one */
    if (file)
        fclose(file);
    return end && sscanf(end + 1, " %c %d", &state, &parent) == 2 && parent == getpid() &&
           state != 'Z';
}

/* Returns true if /proc has the numbers of this PID namespace. */
static bool proc_is_ours(void)
{
    char self[32];
    ssize_t len = readlink("/proc/self", self, sizeof(self) - 1);

    self[len > 0 ? len : 0] = '\0';
    return atoi(self) == getpid();
}

/* Kills every child, or the rest of the group if /proc does not show the children. Returns their
 * number. */
static unsigned kill_children(pid_t group)
{
    struct dirent *entry;
    unsigned count = 0;
    DIR *proc;

    if (!proc_is_ours())
        return kill(-group, SIGKILL) == 0;
    proc = opendir("/proc");
    while (proc && (entry = readdir(proc))) {
        if (!isdigit((unsigned char)entry->d_name[0]) || !is_child(entry->d_name))
            continue;
        kill(atoi(entry->d_name), SIGKILL);
        count++;
    }
    if (proc)
        closedir(proc);
    return count;
}

/* Collects the children that have ended. Returns true if there are others. */
static bool any_left(void)
{
    pid_t pid;

    do
        pid = waitpid(-1, NULL, WNOHANG);
    while (pid > 0);
    return pid == 0;
}

unsigned left_end(pid_t group)
{
    const struct timespec pause = {.tv_nsec = POLL_NS};
    unsigned count = 0;

    assert(group > 1); /* kill(-1) signals all processes */
    for (unsigned polls = 0; any_left() && polls < POLLS_MAX; polls++) {
        if (polls >= SOON_POLLS || child_signal) {
            /* children of a process that ends become children of abench */
            unsigned killed = kill_children(group);
            count = killed > count ? killed : count;
        }
        nanosleep(&pause, NULL);
    }
    return count;
}
