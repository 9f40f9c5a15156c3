/* left.h: processes that an arm leaves running. */
#ifndef CMD_ABENCH_MEASURE_LEFT_H
#define CMD_ABENCH_MEASURE_LEFT_H

#include <sys/types.h>

/* Becomes the parent of what arms leave behind. */
void left_adopt(void);
/* Ends every child of abench, which were the arm's in the process group or begun by it. Returns how
 * many did not end soon by themselves. */
unsigned left_end(pid_t group);

#endif
