/* delay_files.h: files of which a read takes DELAY_MS. */
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
/* DELAY_FILES of them. *why: what spoke against FUSE, or NULL. Returns 0 or -errno. */
int delay_files_make(const struct bench *bench, const char **why);
void delay_files_remove(const struct bench *bench);
/* Serves the first count files, each to one reader. delay_files_end takes what it returned. */
pid_t delay_files_start(const struct bench *bench, unsigned count);
void delay_files_end(pid_t server);

#endif
