/* signals.c: signals that end a program which is making files. See signals.h. */
#define _GNU_SOURCE
#include "signals.h"

#include <pthread.h>
#include <signal.h>
#include <time.h>
#include <unistd.h>

#include "../../core/base/preload.h"
#include "../../core/base/thread.h"
#include "../../core/base/unfinished.h"
#include "../../core/engine.h"
#include "messages.h"

enum {
    END_SECONDS = 2, /* if the destination's device does not answer either */
    LOOK_SECONDS = 1,
    REQUESTS_MS = 150,   /* a device that does not answer must not hold up Ctrl-C */
    SIGNAL_STATUS = 128, /* a shell's exit status for a signal, less its number */
};

static sigset_t stopping;
static pthread_t stop_thread;
static void (*_Atomic tell)(unsigned incomplete);
static volatile int stopped_by;

/* Returns true for a signal that ends a process by default and can be held back. The program's own
 * faults are left out: nothing can be relied on after them. */
bool cli_signal_ends(int sig)
{
    switch (sig) {
    case SIGKILL:
    case SIGSTOP:
    case SIGSEGV:
    case SIGBUS:
    case SIGABRT:
    case SIGCHLD:
    case SIGCONT:
    case SIGTSTP:
    case SIGTTIN:
    case SIGTTOU:
    case SIGURG:
    case SIGWINCH:
        return false;
    default:
        return true;
    }
}

void cli_end_by_signal(int sig)
{
    sigset_t set;

    sigemptyset(&set);
    sigaddset(&set, sig);
    signal(sig, SIG_DFL);
    pthread_sigmask(SIG_UNBLOCK, &set, NULL);
    raise(sig);
    /* the kernel spares the first process of a container */
    _exit(SIGNAL_STATUS + sig);
}

static void *deadline_main(void *arg)
{
    (void)arg;
    sleep(END_SECONDS);
    cli_end_by_signal(stopped_by);
}

/* Waits for a signal in a thread of its own: a signal's handler must not take the locks that the
 * removal needs, and a hung device blocks only the thread that waits for it. The signal stays
 * blocked until the files are removed: it often comes twice, to the process and to its group. */
static void *stop_main(void *arg)
{
    /* the kernel may have chosen a stuck thread for SIGPIPE or SIGXFSZ, which are not blocked
     * there; another look finds the signal */
    const struct timespec look = {.tv_sec = LOOK_SECONDS};
    unsigned incomplete;
    pthread_t thread;
    int sig;

    (void)arg;
    preload_thread_begins();
    do
        sig = sigtimedwait(&stopping, NULL, &look);
    while (sig < 0);
    stopped_by = sig;
    if (thread_start(&thread, deadline_main, NULL) == 0)
        pthread_detach(thread);
    incomplete = unfinished_remove();
    /* meanwhile the workers go on, but begin no file */
    engine_uring.stop(sig == SIGPIPE ? CLI_STOP_MS : REQUESTS_MS);
    if (tell)
        tell(incomplete);
    cli_end_by_signal(sig);
}

/* Hands over a signal that the kernel sends to the thread whose write caused it: no other thread
 * can wait for it. That thread does not go on, or it would report the failed write. */
static void hand_over(int sig, siginfo_t *info, void *context)
{
    (void)context;
    pthread_kill(stop_thread, sig);
    /* another process sent it: no write has failed, and a file may be half entered in the list */
    if (info->si_pid != getpid())
        return;
    for (;;)
        pause();
}

void cli_signals_tell(void (*stopped)(unsigned incomplete))
{
    tell = stopped;
}

void cli_signals_install(void)
{
    static const int of_writes[] = {SIGPIPE, SIGXFSZ};
    static bool started;
    struct sigaction action;
    sigset_t before, unblocked;

    if (started)
        return;
    started = true;
    pthread_sigmask(SIG_BLOCK, NULL, &before);
    sigemptyset(&stopping);
    for (int sig = 1; sig <= SIGRTMAX; sig++)
        /* ignored ones stay ignored, as nohup needs it; a sanitizer has handlers of its own */
        if (cli_signal_ends(sig) && sigaction(sig, NULL, &action) == 0 &&
            action.sa_handler == SIG_DFL && !sigismember(&before, sig))
            sigaddset(&stopping, sig);
    pthread_sigmask(SIG_BLOCK, &stopping, NULL);
    if (thread_start(&stop_thread, stop_main, NULL) != 0) {
        /* without the thread they end the program as they always did */
        pthread_sigmask(SIG_SETMASK, &before, NULL);
        return;
    }
    pthread_detach(stop_thread);
    action = (struct sigaction){.sa_sigaction = hand_over, .sa_flags = SA_SIGINFO | SA_RESTART};
    sigemptyset(&unblocked);
    sigaddset(&unblocked, SIGURG); /* for struct engine */
    for (size_t i = 0; i < sizeof(of_writes) / sizeof(of_writes[0]); i++)
        if (sigismember(&stopping, of_writes[i])) {
            sigaction(of_writes[i], &action, NULL);
            sigaddset(&unblocked, of_writes[i]);
        }
    pthread_sigmask(SIG_UNBLOCK, &unblocked, NULL);
}

void cli_signals_install_as_init(void)
{
    if (getpid() == 1)
        cli_signals_install();
}
