/* ended.h: what abench says if a signal ends it before its report. */
#ifndef CMD_ABENCH_ENDED_H
#define CMD_ABENCH_ENDED_H

#include "context.h"

/* Returns a line that tells how far the work had come when this signal ended it, or NULL if nothing
 * need be said. The caller frees it. */
char *ended_line(const struct bench *bench, int signum);

#endif
