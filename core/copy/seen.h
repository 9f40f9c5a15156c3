/* seen.h: files and directories that several operands lead to: each is copied only once, as by GNU
 * cp. Not used if there is one operand. */
#ifndef CORE_COPY_SEEN_H
#define CORE_COPY_SEEN_H

#include "copy.h"

/* Tells whether an operand has been given before, by this name or another one for the same
 * directory entry; if not, it is noted. An operand of a list that goes to another place than the
 * one before is a new one. Returns 1, 0 or -ENOMEM. */
int seen_entry(struct copy *copy, const struct copy_source *source);
/* Tells whether the directory st, which goes to to_name in to, has been an operand; if not, and it
 * is one now (top), it is noted. Returns REFUSED_NONE; REFUSED_DIRECTORY_TWICE if it went to the
 * same place; REFUSED_ELSEWHERE, with that place in *elsewhere, if it went to another one and no
 * symbolic link has led here; or -ENOMEM. */
int seen_directory(struct copy *copy, const struct stat *st, bool top, struct dir *to,
                   const char *to_name, const char **elsewhere);
/* Notes the directory that an operand goes to. Returns 0 or -ENOMEM. */
int seen_top(struct copy *copy, const struct stat *made);
/* Tells whether an operand is below a directory that an earlier one goes to: then it may be a copy
 * that is not complete yet. */
bool seen_below_top(const struct copy *copy, const char *name);
/* Notes the place of an operand that is a directory, even by a link. Returns 0 or -ENOMEM. */
int seen_note_directory(struct copy *copy, const char *name);
/* Tells whether an operand is the directory st, or somewhere in it. */
bool seen_in_directory(const struct copy *copy, const struct stat *st);
/* Notes the open directory fd, which --parents has made. Returns 0 or -errno. */
int seen_note_made(struct copy *copy, int fd);
/* Tells whether --parents has made the directory st. */
bool seen_made(const struct copy *copy, const struct stat *st);
/* Tells whether the file st has been an operand; if not, it is noted. Returns 1, 0 or -ENOMEM. */
int seen_inode(struct copy *copy, const struct stat *st);
/* Notes where an operand goes, as copy->place. Returns 1 if one went there before, 0 or -ENOMEM.
 */
int seen_place(struct copy *copy, const char *to_name);
/* Tells whether an operand has gone there. */
bool seen_place_known(const struct copy *copy, const char *to_name);
/* Notes that an operand's copy has been made: another operand must not overwrite it. As with cp, a
 * file that came there in another way may be overwritten. */
void seen_copied(const struct item *op);
/* Tells whether at, which is in the way of an operand, is the copy that an earlier one has made
 * there. */
bool seen_is_copy(const struct item *op, const struct stat *at);
/* Frees what they have noted. */
void seen_destroy(struct copy *copy);

#endif
