/* name_set.h: names that have been met, with a number for each, in 64 bytes a name at the most
 * however long they are: for manifests of millions. */
#ifndef CMD_AHASH_NAME_SET_H
#define CMD_AHASH_NAME_SET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct names;

/* All of these end the program where memory is short. Names that differ in "//" and "/./" and a
 * "./" in front only are the same. */
struct names *names_new(void);
void names_free(struct names *names); /* takes NULL */
/* Adds a name with its number, or gives one that is there a new number. */
void names_put(struct names *names, const char *name, uint64_t number);
/* NULL: it is not there. Valid until the next names_put. */
uint64_t *names_find(struct names *names, const char *name);
size_t names_count(const struct names *names);
/* What the name looks like without its detours; valid until the next call on names. */
const char *name_normalize(struct names *names, const char *name);

#endif
