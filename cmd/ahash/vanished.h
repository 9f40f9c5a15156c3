/* vanished.h: whether all that a manifest lists, or all of one tree, is gone, as with a disk that
 * is not mounted. */
#ifndef CMD_AHASH_VANISHED_H
#define CMD_AHASH_VANISHED_H

#include <stdbool.h>

struct vanished;

/* All of these end the program if memory is short. */
struct vanished *vanished_new(void);
void vanished_free(struct vanished *vanished); /* takes NULL */
/* Adds a tree that is walked. */
void vanished_tree(struct vanished *vanished, const char *name);
/* Counts a listed file, after all trees have been added. */
void vanished_count(struct vanished *vanished, const char *name, bool is_gone);
/* Returns true if no listed file is left, or none of a tree; *tree is that tree, NULL for all. */
bool vanished_all(const struct vanished *vanished, const char **tree);

#endif
