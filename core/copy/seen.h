/* seen.h: files and directories that several operands lead to: each is copied only once, as by GNU
 * cp. With one operand nothing here is called. */
#ifndef CORE_COPY_SEEN_H
#define CORE_COPY_SEEN_H

#include "copy.h"

/* Whether an operand has been given before, by this name or another one for the same directory
 * entry; if not, it is noted. Returns 1, 0 or -ENOMEM. */
int seen_entry(struct copy *copy, const char *name);
/* Whether the directory st, which goes to to_name in to, has been an operand; if not, and it is one
 * now (top), it is noted. Returns REFUSED_NONE; REFUSED_DIRECTORY_TWICE where it went to the same
 * place; REFUSED_ELSEWHERE, with that place in *elsewhere, where it went to another one and no
 * symbolic link has led here; or -ENOMEM. */
int seen_directory(struct copy *copy, const struct stat *st, bool top, struct dir *to,
                   const char *to_name, const char **elsewhere);
/* Whether the file st has been an operand; if not, it is noted. Returns 1, 0 or -ENOMEM. */
int seen_inode(struct copy *copy, const struct stat *st);
/* Notes where an operand goes, as copy->place. Returns 1 where one went there before, 0 or -ENOMEM.
 */
int seen_place(struct copy *copy, const char *to_name);
/* Whether an operand has gone there. */
bool seen_place_known(const struct copy *copy, const char *to_name);
/* Notes that an operand's copy has been made: another operand must not overwrite it. As with cp, a
 * file that came there in another way may be overwritten. */
void seen_copied(const struct item *op);
/* Whether at, which is in the way of an operand, is the copy that an earlier one has made there. */
bool seen_is_copy(const struct item *op, const struct stat *at);
/* Frees what they have noted. */
void seen_destroy(struct copy *copy);

#endif
