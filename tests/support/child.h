/* child.h: a part of a test in a process of its own. */
#ifndef TESTS_CHILD_H
#define TESTS_CHILD_H

#include <sys/types.h>

/* fork(2). The new process does not outlive the test. */
pid_t child_start(void);
/* Waits for it. It must have exited with 0. */
void child_end(pid_t pid);

#endif
