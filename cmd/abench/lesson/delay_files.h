/* delay_files.h: files of which a read takes SLOW_MS. */
#ifndef CMD_ABENCH_LESSON_DELAY_FILES_H
#define CMD_ABENCH_LESSON_DELAY_FILES_H

#include "../context.h"

#include <sys/types.h>

enum {
    SLOW_FILES = 64,
    SLOW_BYTES = 4096,
    SLOW_MS = 100,
};

const char *slow_path(const struct bench *bench, unsigned index);
/* SLOW_FILES of them. *why: what spoke against FUSE, or NULL. Returns 0 or -errno. */
int slow_make(const struct bench *bench, const char **why);
void slow_remove(const struct bench *bench);
/* Serves the first count files, each to one reader. slow_end takes what it returned. */
pid_t slow_start(const struct bench *bench, unsigned count);
void slow_end(pid_t server);

#endif
