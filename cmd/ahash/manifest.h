/* manifest.h: the manifest that --update updates. */
#ifndef CMD_AHASH_MANIFEST_H
#define CMD_AHASH_MANIFEST_H

#include <sys/stat.h>

#include "ahash.h"

/* Reads the old manifest, if there is one, and starts the new one. Exits on failure. */
void manifest_open(struct ahash *ahash);
/* Returns true if st is that of the manifest itself. Producer only. */
bool manifest_is_itself(const struct ahash *ahash, const struct stat *st);
/* Registers a tree that will be walked. Producer only. */
void manifest_add_tree(struct ahash *ahash, const char *name);
/* Looks the file up in the old manifest. Returns true if it is unchanged: its digests are in
 * file->op, and it need not be read. Producer only. */
bool manifest_look_up(struct ahash *ahash, struct file *file, const struct stat *st);
/* Writes the file's part of the new manifest. */
void manifest_retire(struct ahash *ahash, struct file *file);
/* Keeps the lines of all files that were not met: the list of their names could not be read. */
void manifest_lose_names(struct ahash *ahash);
/* Replaces the old manifest and prints the counts. Exits, or makes the run fail, if the old one
 * stays. */
void manifest_finish(struct ahash *ahash);
void manifest_free(struct manifest *manifest); /* takes NULL */

#endif
