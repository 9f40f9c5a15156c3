/* exclude.h: the globs of names that a walk leaves out.
 *
 * As people know them from rsync and tar: a GLOB without a slash is matched with the last part of
 * the name, at any level. One with a slash is matched with the path below the operand: all of it
 * if the GLOB begins with a slash, else with its end, from any slash on. '*' and '?' match no
 * slash, except in a GLOB that contains "**": there '*' does. A slash at the end: directories only.
 */
#ifndef CORE_PIPELINE_EXCLUDE_H
#define CORE_PIPELINE_EXCLUDE_H

#include "file.h"

struct exclude;

/* Adds a copy of glob; makes the list if *exclude is NULL. Returns 0 or -ENOMEM. */
int exclude_add(struct exclude **exclude, const char *glob);
void exclude_free(struct exclude *exclude); /* takes NULL */
/* Tells whether the entry name of dir is left out: returns 1, 0 or -ENOMEM. root_len: path_len of
 * the directory that the operand is; the directories below it have names without slashes. exclude
 * may be NULL: nothing is. From any thread. */
int exclude_match(const struct exclude *exclude, const struct dir *dir, size_t root_len,
                  const char *name, bool is_dir);

#endif
