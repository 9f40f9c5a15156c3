/* manifest.h: a manifest that is brought up to date. */
#ifndef CMD_AHASH_MANIFEST_H
#define CMD_AHASH_MANIFEST_H

#include <sys/stat.h>

#include "ahash.h"

/* Reads the old manifest, if there is one, and starts the new one. Exits where it cannot. */
void manifest_open(struct ahash *ahash);
/* The producer's: whether that is the manifest itself. */
bool manifest_is_itself(const struct ahash *ahash, const struct stat *st);
/* The producer's: a tree will be walked. */
void manifest_add_tree(struct ahash *ahash, const char *name);
/* The producer's: looks the file up in the old manifest. True: it is as it was, its digests are in
 * file->op, and it need not be read. */
bool manifest_look_up(struct ahash *ahash, struct file *file, const struct stat *st);
/* Writes the file's part of the new manifest. */
void manifest_retire(struct ahash *ahash, struct file *file);
/* Puts the new manifest in place and prints what has changed. Exits, or makes the run fail, if the
 * old one stays. */
void manifest_finish(struct ahash *ahash);
void manifest_free(struct manifest *manifest); /* takes NULL */

#endif
