/* iowq.h: the worker threads that the kernel makes for a ring. */
#ifndef CMD_ABENCH_MEASURE_IOWQ_H
#define CMD_ABENCH_MEASURE_IOWQ_H

#include <sys/types.h>

struct iowq_watch {
    pid_t watcher;
    unsigned *most; /* shared with it */
};

/* Counts the io-wq workers of pid until it ends, in a fork. Returns 0 or -errno. */
int iowq_watch_start(struct iowq_watch *watch, pid_t pid);
/* After pid has been waited for: the most that were seen at once. */
unsigned iowq_watch_end(struct iowq_watch *watch);

#endif
