/* delay_files.h: files in which a read takes DELAY_MS. */
#ifndef CMD_ABENCH_LESSON_DELAY_FILES_H
#define CMD_ABENCH_LESSON_DELAY_FILES_H

#include "../context.h"

#include <sys/types.h>

enum {
    DELAY_FILES = 64,
    DELAY_FILES_BYTES = 4096,
    DELAY_MS = 100,
};

const char *delay_files_path(const struct bench *bench, unsigned index);
/* Creates DELAY_FILES files. Sets *why to the reason why FUSE cannot be used, or NULL. Returns 0 or
 * -errno. */
int delay_files_make(const struct bench *bench, const char **why);
void delay_files_remove(const struct bench *bench);
/* Starts a process that serves the first count files, each to one reader, if they need one. *server
 * is for delay_files_end; 0: none is needed. Returns 0 or -errno. */
int delay_files_start(const struct bench *bench, unsigned count, pid_t *server);
void delay_files_end(pid_t server);

#endif
