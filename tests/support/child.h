/* child.h: a part of a test in a process of its own. */
#ifndef TESTS_CHILD_H
#define TESTS_CHILD_H

#include <sys/types.h>

/* Forks. The new process does not outlive the test. */
pid_t child_start(void);
/* Waits for the process and fails unless it exits with 0. */
void child_end(pid_t pid);

#endif
