/* atomic.h: an output file that appears complete under its name, or not at all. */
#ifndef CMD_CLI_ATOMIC_H
#define CMD_CLI_ATOMIC_H

#include <stdio.h>

struct cli_atomic;

/* Starts a file that is to be path. Until it is committed, what is there stays as it is, and a
 * process that dies leaves nothing behind (where the filesystem has O_TMPFILE; else a file with a
 * name that starts with ".aioutils-", unless it ends by cli_stop_cleanly). A symbolic link is
 * followed, and what it leads to replaced. What cannot be replaced is written at once: FIFOs,
 * character devices, and names of open descriptors, as /dev/stdout is. Refused are directories
 * (-EISDIR), other things that are no files
 * (-EINVAL), and files that the caller may not write (-EACCES). Returns 0 or -errno. */
int cli_atomic_open(struct cli_atomic **file, const char *path);
/* Where to write; errors may be left to the commit. */
FILE *cli_atomic_stream(struct cli_atomic *file);
/* Puts the file in place, with the mode, and if possible the owner, of the one it replaces: on
 * return it is on disk. Returns 0, or -errno with nothing changed. Frees in any case. */
int cli_atomic_commit(struct cli_atomic *file);
/* Gives it up. Takes NULL. */
void cli_atomic_discard(struct cli_atomic *file);

#endif
