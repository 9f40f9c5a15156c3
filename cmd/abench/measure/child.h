/* child.h: child processes: commands and forks of abench, the memory that they share, and their end
 * when a signal comes or the time is up. */
#ifndef CMD_ABENCH_MEASURE_CHILD_H
#define CMD_ABENCH_MEASURE_CHILD_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/resource.h>
#include <sys/types.h>

extern volatile int child_signal; /* the signal that came to end abench, or 0 */
void child_signals_catch(void);
/* Takes the handlers away, in a fork. */
void child_signals_release(void);
/* Lets no signal end the commands that run from here on. */
void child_signals_hold(void);
/* Runs work in a fork and waits. Returns what it returned, 0 to 125, or 126 where it died. */
int child_call(int (*work)(void *arg), void *arg);
/* Zeroed memory that forks share; NULL where there is none. */
void *child_shared_new(size_t bytes);
void child_shared_free(void *memory, size_t bytes); /* takes NULL */
/* Runs a command quietly and waits: its exit status, or 126. */
int child_command(char *const argv[], bool quiet);
/* Starts argv in a process group of its own. Returns 0 or -errno. */
int child_spawn(pid_t *pid, char *const argv[], int out, int err);
/* Waits until the child that target means has ended, for limit seconds where that is above zero.
 * What it leaves is then still to be collected. Returns whether the time was up. */
bool child_wait(pid_t pid, pid_t target, double limit);
/* Of a child that has ended: its status. */
int child_collect(pid_t pid, struct rusage *usage);

#endif
