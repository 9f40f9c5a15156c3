/* child.c: child processes, and their end at a signal or a time limit.
 *
 * The signal handlers kill the child themselves. If the main program did, a signal between its test
 * of a flag and its wait would be lost. */
#define _GNU_SOURCE
#include "child.h"
#include "guard.h"
#include "../../cli/signals.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <signal.h>
#include <sched.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
    CHILD_DIED = 126,
    GRACE_SECONDS = 2, /* between SIGTERM and SIGKILL */
    START_STACK_BYTES = 64 * 1024,
};

volatile int child_signal;
static bool removing; /* the temporary files are being removed: no signal may stop that */
static bool alarm_ignored;
static sigset_t caught;
static volatile pid_t
    child_target; /* argument of kill(2): a process or a negative group; 0: none */
static volatile sig_atomic_t alarms;

static void stop_child(int signum)
{
    int saved = errno;

    if (child_target != 0)
        kill(child_target, signum);
    errno = saved;
}

static void on_signal(int signum)
{
    if (removing)
        return;
    child_signal = signum;
    stop_child(SIGTERM);
    alarm(GRACE_SECONDS);
}

/* Handles the timer's signal, and those of other processes. */
static void on_alarm(int signum, siginfo_t *info, void *context)
{
    (void)context;
    if (info->si_code <= 0) { /* another process sent it */
        if (!alarm_ignored)
            on_signal(signum);
        return;
    }
    stop_child(child_signal || alarms > 0 ? SIGKILL : SIGTERM);
    alarms++;
    alarm(GRACE_SECONDS);
}

void child_signals_catch(void)
{
    struct sigaction action = {.sa_handler = on_signal},
                     before; /* without SA_RESTART: waits must end */

    sigemptyset(&caught);
    for (int sig = 1; sig <= SIGRTMAX; sig++) {
        /* an ignored signal stays ignored, as nohup needs */
        if (!cli_signal_ends(sig) || sigaction(sig, NULL, &before) < 0 ||
            before.sa_handler != SIG_DFL)
            continue;
        sigaddset(&caught, sig);
        sigaction(sig, &action, NULL);
    }
    alarm_ignored = !sigismember(&caught, SIGALRM);
    sigaddset(&caught, SIGALRM);
    action.sa_flags = SA_SIGINFO;
    action.sa_sigaction = on_alarm;
    sigaction(SIGALRM, &action, NULL);
}

void child_signals_release(void)
{
    for (int sig = 1; sig <= SIGRTMAX; sig++)
        if (sigismember(&caught, sig) == 1)
            signal(sig, SIG_DFL);
}

void child_signals_again(void)
{
    assert(child_target == 0);
    alarm(0);
    child_signal = 0;
}

void child_signals_hold(void)
{
    removing = true;
    alarm(0);         /* of a signal that came while no child was waited for: the next one is rm */
    child_signal = 0; /* it would also stop the removal */
}

bool child_wait(pid_t pid, pid_t target, double limit)
{
    struct itimerval timer = {
        .it_value = {.tv_sec = (time_t)limit, .tv_usec = (suseconds_t)(fmod(limit, 1) * 1e6)}};
    struct itimerval never = {.it_value = {0}};
    siginfo_t info;
    int rc;

    assert(pid > 1 && (target == pid || target == -pid));
    assert(child_target == 0); /* one child is waited for at a time */
    alarms = 0;
    child_target = target;
    if (child_signal) /* it came before the child */
        stop_child(SIGTERM);
    if (limit > 0)
        setitimer(ITIMER_REAL, &timer, NULL);
    do
        rc = waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT);
    while (rc < 0 && errno == EINTR);
    child_target = 0;
    setitimer(ITIMER_REAL, &never, NULL);
    return alarms > 0 && !child_signal;
}

int child_collect(pid_t pid, struct rusage *usage)
{
    int status = 0;
    pid_t got;

    do
        got = wait4(pid, &status, 0, usage);
    while (got < 0 && errno == EINTR);
    assert(got == pid); /* else a failed run would seem good */
    guard_group(0);
    return status;
}

/* Lets the kernel end this process with its parent. Returns false if that has ended already. */
static bool end_with(pid_t parent)
{
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
    return getppid() == parent; /* else it has ended before */
}

int child_call(int (*work)(void *arg), void *arg)
{
    struct rusage usage;
    pid_t pid, parent = getpid();
    int status;

    fflush(NULL);
    pid = fork();
    if (pid < 0)
        return CHILD_DIED;
    if (pid == 0) {
        child_signals_release();
        int rc = !end_with(parent) || child_signal ? CHILD_DIED : work(arg);
        assert(rc >= 0 && rc <= CHILD_DIED); /* an exit status has eight bits */
        fflush(NULL);
        _exit(rc);
    }
    child_wait(pid, pid, 0);
    status = child_collect(pid, &usage);
    return WIFEXITED(status) ? WEXITSTATUS(status) : CHILD_DIED;
}

void *child_shared_new(size_t bytes)
{
    void *memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

    return memory == MAP_FAILED ? NULL : memory;
}

void child_shared_free(void *memory, size_t bytes)
{
    if (memory)
        munmap(memory, bytes);
}

/* What the new process needs before it is the command. It shares the memory of abench, which waits
 * for that. */
struct start {
    char *const *argv;
    const char *dir;
    int in, out, err;
    pid_t parent;
    int error;
};

/* Discards the signals that came to the group of abench while this process was still in it. abench
 * has had them, too, and ends the command itself, unless the command removes its files. */
static void discard_signals(void)
{
    for (int sig = 1; sig <= SIGRTMAX; sig++)
        if (sigismember(&caught, sig) == 1)
            signal(sig, SIG_IGN);
    child_signals_release();
}

static int start_command(void *arg)
{
    struct start *start = arg;
    sigset_t none;
    int in = start->in >= 0 ? start->in : open("/dev/null", O_RDONLY);

    sigemptyset(&none);
    child_signals_release(); /* a handler would change the memory of abench */
    signal(SIGPIPE, SIG_DFL);
    if (end_with(start->parent) && setpgid(0, 0) == 0 && in >= 0 && dup2(in, 0) == 0 &&
        dup2(start->out, 1) == 1 && dup2(start->err, 2) == 2 &&
        (!start->dir || chdir(start->dir) == 0)) {
        discard_signals();
        if (in > 2 && start->in < 0)
            close(in);
        guard_group(getpid());
        sigprocmask(SIG_SETMASK, &none, NULL);
        execvp(start->argv[0], start->argv);
    }
    start->error = errno;
    _exit(CHILD_DIED);
}

/* Uses clone(2) as posix_spawn does, which cannot make the command end with abench. */
int child_spawn(pid_t *pid, char *const argv[], const char *dir, int in, int out, int err)
{
    static char stack[START_STACK_BYTES] __attribute__((aligned(64)));
    struct start start = {
        .argv = argv, .dir = dir, .in = in, .out = out, .err = err, .parent = getpid()};
    sigset_t all, before;
    int rc;

    sigfillset(&all);
    sigprocmask(SIG_SETMASK, &all, &before);
    *pid = clone(start_command, stack + sizeof(stack), CLONE_VM | CLONE_VFORK | SIGCHLD, &start);
    rc = *pid < 0 ? -errno : -start.error;
    if (*pid > 0 && rc < 0)
        waitpid(*pid, NULL, 0);
    sigprocmask(SIG_SETMASK, &before, NULL);
    return rc;
}

int child_command(char *const argv[], bool quiet)
{
    int null = open("/dev/null", O_WRONLY | O_CLOEXEC), rc, status;
    struct rusage usage;
    pid_t pid;

    if (null < 0)
        return -errno;
    rc = child_spawn(&pid, argv, NULL, -1, null, quiet ? null : 2);
    close(null);
    if (rc < 0)
        return rc;
    child_wait(pid, -pid, 0);
    status = child_collect(pid, &usage);
    return WIFEXITED(status) ? WEXITSTATUS(status) : CHILD_DIED;
}
