/* left.h: processes that an arm leaves running. */
#ifndef CMD_ABENCH_MEASURE_LEFT_H
#define CMD_ABENCH_MEASURE_LEFT_H

#include <sys/types.h>

/* Becomes the parent of the processes that arms leave running. */
void left_adopt(void);
/* Ends every child of abench: all belong to the arm of this process group. Returns how many did not
 * end soon by themselves. */
unsigned left_end(pid_t group);

#endif
