/* signals.c: signals that end a program which is making files. See cli.h. */
#define _GNU_SOURCE
#include "cli.h"

#include <pthread.h>
#include <signal.h>
#include <unistd.h>

#include "../../core/copy/unfinished.h"

enum {
    END_SECONDS = 2, /* where the destination's device does not answer either */
    STACK_BYTES = 64 * 1024,
};

static sigset_t stopping;
static volatile sig_atomic_t stopped_by;

/* Also a handler, for the alarm. */
static void end_by_signal(int unused)
{
    sigset_t set;

    (void)unused;
    sigemptyset(&set);
    sigaddset(&set, stopped_by);
    signal(stopped_by, SIG_DFL);
    pthread_sigmask(SIG_UNBLOCK, &set, NULL);
    raise(stopped_by);
}

/* A thread of its own, because what removes files cannot be done in a signal's handler; a stuck
 * device keeps no one but who waits for it. The signal is held back until they are removed: it
 * often comes twice, to the process and to its group. */
static void *stop_main(void *arg)
{
    int sig;

    (void)arg;
    if (sigwait(&stopping, &sig) != 0)
        return NULL;
    stopped_by = sig;
    signal(SIGALRM, end_by_signal);
    alarm(END_SECONDS);
    unfinished_remove();
    end_by_signal(0);
    return NULL;
}

void cli_stop_cleanly(void)
{
    static const int signals[] = {SIGINT, SIGTERM, SIGHUP};
    sigset_t before;
    struct sigaction action;
    pthread_attr_t attr;
    pthread_t thread;

    pthread_sigmask(SIG_BLOCK, NULL, &before);
    sigemptyset(&stopping);
    for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
        /* as nohup and shells leave them: what was ignored stays so */
        if (sigaction(signals[i], NULL, &action) == 0 && action.sa_handler != SIG_IGN &&
            !sigismember(&before, signals[i]))
            sigaddset(&stopping, signals[i]);
    pthread_sigmask(SIG_BLOCK, &stopping, NULL);
    pthread_attr_init(&attr);
    pthread_attr_setstacksize(&attr, STACK_BYTES);
    pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
    /* without the thread they end the program as they always did */
    if (pthread_create(&thread, &attr, stop_main, NULL) != 0)
        pthread_sigmask(SIG_SETMASK, &before, NULL);
    pthread_attr_destroy(&attr);
}
