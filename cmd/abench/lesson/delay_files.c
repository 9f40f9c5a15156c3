/* delay_files.c: files for the lessons in which a read takes DELAY_MS. They are in the faulty
 * filesystem of tests/faults, if it was built or installed and FUSE can be mounted. Otherwise they
 * are FIFOs whose writers wait for a reader, then that long, and then write. */
#define _GNU_SOURCE
#include "delay_files.h"
#include "../measure/child.h"
#include "../../cli/messages.h"
#include "../../cli/quote.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static const char bytes[DELAY_FILES_BYTES];
static bool made, mounted;

const char *delay_files_path(const struct bench *bench, unsigned index)
{
    char name[32];

    snprintf(name, sizeof(name), "slow/%u", index);
    return bench_temp(bench, name);
}

static int make_files(const char *dir)
{
    char path[PATH_MAX + 64];

    for (unsigned i = 0; i < DELAY_FILES; i++) {
        snprintf(path, sizeof(path), "%s/%u", dir, i);
        int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
        ssize_t n = fd < 0 ? -1 : write(fd, bytes, sizeof(bytes));
        if (fd >= 0)
            close(fd);
        if (n != sizeof(bytes))
            return -1;
    }
    return 0;
}

/* Mounts the filesystem. Returns NULL, or the reason why it cannot. */
static const char *mount_delayed(const struct bench *bench)
{
    char program[PATH_MAX + 64], delay[32], *behind = strdup(bench_temp(bench, "behind"));
    char *argv[] = {program, delay, behind, (char *)bench_temp(bench, "slow"), NULL};
    const char *why = NULL;

    snprintf(program, sizeof(program), "%s/../tests/faults/faultfs", bench->bin_dir);
    if (access(program, X_OK) < 0)
        snprintf(program, sizeof(program), "%s/../libexec/aioutils/faultfs", bench->bin_dir);
    snprintf(delay, sizeof(delay), "--read-delay=%d", DELAY_MS);
    if (!behind || mkdir(behind, 0700) < 0 || make_files(behind) < 0)
        why = "there is no space for its files";
    else if (access("/dev/fuse", R_OK | W_OK) < 0)
        why = "this user, or this container, has no FUSE (/dev/fuse)";
    else if (access(program, X_OK) < 0)
        why = "it is not installed, or not built (make tests)";
    else if (child_command(argv, true) != 0)
        why = "FUSE cannot be mounted here";
    free(behind);
    mounted = why == NULL;
    return why;
}

int delay_files_make(const struct bench *bench, const char **why)
{
    assert(!made);
    made = mkdir(bench_temp(bench, "slow"), 0700) == 0;
    if (!made)
        return -errno;
    *why = mount_delayed(bench);
    for (unsigned i = 0; i < DELAY_FILES && !mounted; i++) {
        if (mkfifo(delay_files_path(bench, i), 0600) < 0)
            return -errno;
    }
    return 0;
}

void delay_files_remove(const struct bench *bench)
{
    const char *slow = bench_temp(bench, "slow"), *behind = bench_temp(bench, "behind");
    char path[PATH_MAX + 64];

    if (!made)
        return;
    if (mounted) {
        char *argv[] = {(char *)"fusermount3", (char *)"-u", (char *)slow, NULL};
        if (umount2(slow, MNT_DETACH) < 0 && child_command(argv, true) != 0)
            cli_message(0, "cannot unmount %s", cli_quote(slow));
    }
    for (unsigned i = 0; i < DELAY_FILES; i++) {
        snprintf(path, sizeof(path), "%s/%u", behind, i);
        unlink(path);
        snprintf(path, sizeof(path), "%s/%u", slow, i);
        unlink(path);
    }
    rmdir(behind);
    rmdir(slow);
    made = mounted = false;
}

static void *write_late(void *path)
{
    const struct timespec delay = {.tv_nsec = DELAY_MS * 1000000L};
    int fd = open(path, O_WRONLY | O_CLOEXEC); /* returns when the reader opens it */

    if (fd >= 0) {
        nanosleep(&delay, NULL);
        if (write(fd, bytes, sizeof(bytes)) < 0)
            errno = 0; /* the reader has ended, and reports the error itself */
        close(fd);
    }
    free(path);
    return NULL;
}

static void serve(const struct bench *bench, unsigned count)
{
    pthread_t threads[DELAY_FILES];
    unsigned started = 0;

    child_signals_release();
    signal(SIGPIPE, SIG_IGN);
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    for (unsigned i = 0; i < count; i++) {
        char *path = strdup(delay_files_path(bench, i));
        if (path && pthread_create(&threads[started], NULL, write_late, path) == 0)
            started++;
    }
    for (unsigned i = 0; i < started; i++)
        pthread_join(threads[i], NULL);
}

int delay_files_start(const struct bench *bench, unsigned count, pid_t *server)
{
    *server = 0;
    if (mounted)
        return 0;
    *server = fork();
    if (*server < 0)
        return -errno;
    if (*server == 0) {
        serve(bench, count);
        _exit(0);
    }
    return 0;
}

void delay_files_end(pid_t server)
{
    if (server <= 0)
        return;
    kill(server, SIGTERM); /* a file may not have been read */
    while (waitpid(server, NULL, 0) < 0 && errno == EINTR) {
    }
}
