/* child.h: child processes: commands and forks of abench, the memory that they share, and their end
 * when a signal comes or the time is up. */
#ifndef CMD_ABENCH_MEASURE_CHILD_H
#define CMD_ABENCH_MEASURE_CHILD_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/resource.h>
#include <sys/types.h>

extern volatile int child_signal; /* signal that will end abench, or 0 */
void child_signals_catch(void);
/* Restores the default actions, in a fork. */
void child_signals_release(void);
/* Forgets a signal that came, so that the next one is seen. */
void child_signals_again(void);
/* Lets no signal end the commands that run from now on. */
void child_signals_hold(void);
/* Runs work in a fork and waits. Returns its result, 0 to 125, or 126 if the fork died. */
int child_call(int (*work)(void *arg), void *arg);
/* Returns zeroed memory that forks share, or NULL. */
void *child_shared_new(size_t bytes);
void child_shared_free(void *memory, size_t bytes); /* takes NULL */
/* Runs a command, with its output to /dev/null, and waits. quiet: its messages too. Returns its
 * exit status, 126 if a signal has ended it, or -errno if it could not be started. */
int child_command(char *const argv[], bool quiet);
/* Starts argv in a process group of its own, in a directory (NULL: the working directory). Without
 * in (-1) it reads /dev/null. Returns 0 or -errno. */
int child_spawn(pid_t *pid, char *const argv[], const char *dir, int in, int out, int err);
/* Waits until pid has ended, but leaves its status for child_collect. Kills target, a process or a
 * negative group, at a signal or, if limit is above 0, after limit seconds. Returns true if the
 * time limit was reached. */
bool child_wait(pid_t pid, pid_t target, double limit);
/* Returns the status of a child that has ended, and its usage. */
int child_collect(pid_t pid, struct rusage *usage);

#endif
