/* guard.h: ends the commands of an abench that is killed, and what they have started. */
#ifndef CMD_ABENCH_MEASURE_GUARD_H
#define CMD_ABENCH_MEASURE_GUARD_H

#include <sys/types.h>

/* Starts the process that does so. Call it before abench adopts processes. */
void guard_start(void);
/* Names the process group to kill if abench is; 0: none. */
void guard_group(pid_t group);

#endif
