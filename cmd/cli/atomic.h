/* atomic.h: an output file that appears complete under its name, or not at all. */
#ifndef CMD_CLI_ATOMIC_H
#define CMD_CLI_ATOMIC_H

#include <stdbool.h>
#include <stdio.h>
#include <sys/stat.h>

struct cli_atomic;

/* Starts a file that will be path. Until it is committed, the file that is there stays as it is,
 * and a process that dies leaves nothing behind if the filesystem has O_TMPFILE; otherwise a file
 * named
 * ".aioutils-" and 16 digits, which the next output file there removes. A symbolic link is
 * followed, and its target replaced. FIFOs, character devices, and names of open descriptors such
 * as /dev/stdout cannot be replaced and are written at once. Directories are refused (-EISDIR),
 * other things that are no files (-EINVAL), and files that the caller may not write (-EACCES); also
 * another user's file or link in a sticky directory that everyone may write to, unless it belongs
 * to the directory's owner (-EACCES). Returns 0 or -errno. */
int cli_atomic_open(struct cli_atomic **file, const char *path);
/* Where to write; errors may be left to the commit. */
FILE *cli_atomic_stream(struct cli_atomic *file);
/* Tells the file that will be replaced, or is written to, if it is a regular one, and the new file;
 * zeroed if there is none. */
void cli_atomic_stat(const struct cli_atomic *file, struct stat *old, struct stat *own);
/* Whether another file has got the name since it was opened. */
bool cli_atomic_overtaken(const struct cli_atomic *file);
/* Puts the file in place, with the rights of the one that it replaces (attr_inherit): on return it
 * is on disk. Returns 0, or -errno with nothing changed. Frees in any case. */
int cli_atomic_commit(struct cli_atomic *file);
/* Gives it up. Takes NULL. */
void cli_atomic_discard(struct cli_atomic *file);

#endif
