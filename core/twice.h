/* twice.h: what several operands lead to, and is copied only once, as GNU cp has it. Where there is
 * one operand, there is no need to ask. */
#ifndef CORE_TWICE_H
#define CORE_TWICE_H

#include "copy.h"

/* Whether an operand has been given before, by this name or another one for the same directory
 * entry; if not, it is noted. Returns 1, 0 or -ENOMEM. */
int twice_entry(struct copy *copy, const char *name);
/* Whether the directory st, which goes to to_name in to, has been an operand; if not, and it is one
 * now (top), it is noted. Returns REFUSED_NOT; REFUSED_DIRECTORY_TWICE where it went to the same
 * place; REFUSED_ELSEWHERE, with that place in *elsewhere, where it went to another one and no
 * symbolic link has led here; or -ENOMEM. */
int twice_directory(struct copy *copy, const struct stat *st, bool top, struct dir *to,
                    const char *to_name, const char **elsewhere);
/* Frees what they have noted. */
void twice_destroy(struct copy *copy);

#endif
