/* name_set.h: names that have been met, with a number for each, in 64 bytes a name at the most
 * however long they are: for manifests of millions. */
#ifndef CMD_AHASH_NAME_SET_H
#define CMD_AHASH_NAME_SET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct name_set;

/* These functions end the program if memory is short. Names that differ in "//" and "/./" and a
 * "./" in front only are the same. */
struct name_set *name_set_new(void);
void name_set_free(struct name_set *names); /* takes NULL */
/* Adds a name with its number, or gives one that is there a new number. */
void name_set_put(struct name_set *names, const char *name, uint64_t number);
/* Returns the value of a name, valid until the next name_set_put; or NULL. */
uint64_t *name_set_find(struct name_set *names, const char *name);
size_t name_set_count(const struct name_set *names);
/* Returns the name without detours such as "./"; valid until the next call on names. */
const char *name_normalize(struct name_set *names, const char *name);

#endif
