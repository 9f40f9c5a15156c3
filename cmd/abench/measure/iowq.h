/* iowq.h: the worker threads (io-wq) that the kernel creates for a ring. */
#ifndef CMD_ABENCH_MEASURE_IOWQ_H
#define CMD_ABENCH_MEASURE_IOWQ_H

#include <sys/types.h>

struct iowq_watch {
    pid_t watcher;
    unsigned *most; /* peak count, shared with the watcher */
};

/* Starts a fork that counts the io-wq workers of pid until iowq_watch_end. Returns 0 or -errno. */
int iowq_watch_start(struct iowq_watch *watch, pid_t pid);
/* Ends the fork, after pid has been waited for. Returns the peak number of workers. */
unsigned iowq_watch_end(struct iowq_watch *watch);

#endif
