/* made.h: what new files are like in a directory that the run has made itself. Their group, mode
 * and ACL come from the directory, the umask and the mode that they are created with: so one file
 * tells what the next ones are like, and these need no system call. */
#ifndef CORE_COPY_MADE_H
#define CORE_COPY_MADE_H

#include <stdbool.h>
#include <sys/stat.h>

struct dir;

/* Notes a file as it was created in dir: *st, without an ACL or extended attributes. Does nothing
 * unless only this user can change what the directory gives to new files, on a filesystem of this
 * machine that is known to go by nothing else. */
void made_note(struct dir *dir, const struct stat *st, uid_t euid);
/* Tells whether new files in dir have this group and no ACL. */
bool made_with_group(const struct dir *dir, gid_t gid);
/* Tells whether a new file in dir that is created with the mode of *st is as *st, without an ACL or
 * extended attributes. */
bool made_like(const struct dir *dir, const struct stat *st);

#endif
