/* gone_trees.h: detects that all listed files, or all of one tree, are gone, as if a disk is not
 * mounted. */
#ifndef CMD_AHASH_GONE_TREES_H
#define CMD_AHASH_GONE_TREES_H

#include <stdbool.h>

struct gone_trees;

/* These functions end the program if memory is short. */
struct gone_trees *gone_trees_new(void);
void gone_trees_free(struct gone_trees *gone); /* takes NULL */
/* Adds a tree that is walked; all trees are added before the first file is counted. */
void gone_trees_add(struct gone_trees *gone, const char *name);
/* Counts a listed file for each tree that it is in. */
void gone_trees_count(struct gone_trees *gone, const char *name, bool is_gone);
/* Returns true if all listed files, or all of one tree, are gone. *name is that tree, or NULL for
 * all. */
bool gone_trees_any(const struct gone_trees *gone, const char **name);

#endif
