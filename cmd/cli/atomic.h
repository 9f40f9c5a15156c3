/* atomic.h: an output file that appears complete under its name, or not at all. */
#ifndef CMD_CLI_ATOMIC_H
#define CMD_CLI_ATOMIC_H

#include <stdbool.h>
#include <stdio.h>
#include <sys/stat.h>

struct cli_atomic;

/* Starts a file that will become path. Until the commit an existing file stays unchanged. A killed
 * process leaves nothing behind if the filesystem has O_TMPFILE, and otherwise a file named
 * ".aioutils-" and 16 digits, which the next output file in that directory removes.
 *
 * A symbolic link is followed, and its target replaced. FIFOs, character devices, and names of open
 * descriptors such as /dev/stdout cannot be replaced and are written directly. Refused are
 * directories (-EISDIR), other things that are no files (-EINVAL), and files that the caller may
 * not write (-EACCES). Another user's file or link in a sticky directory that everyone may write to
 * is refused, too, unless it belongs to the directory's owner (-EACCES). Returns 0 or -errno. */
int cli_atomic_open(struct cli_atomic **file, const char *path);
/* Returns the stream to write to; the commit reports its errors. */
FILE *cli_atomic_stream(struct cli_atomic *file);
/* Stats the regular file that is replaced or written to, and the new file; zeroed if there is none.
 */
void cli_atomic_stat(const struct cli_atomic *file, struct stat *old, struct stat *own);
/* Returns true if another file has got the name since the open. */
bool cli_atomic_overtaken(const struct cli_atomic *file);
/* Puts the file in place, with the rights of the one that it replaces (attr_inherit), and syncs it
 * to disk. Returns 0, or -errno with nothing changed. Frees the file in any case. */
int cli_atomic_commit(struct cli_atomic *file);
/* Discards the file. Takes NULL. */
void cli_atomic_discard(struct cli_atomic *file);

#endif
