/* manifest.h: a manifest that is brought up to date. */
#ifndef CMD_AHASH_MANIFEST_H
#define CMD_AHASH_MANIFEST_H

#include <sys/stat.h>

#include "ahash.h"

/* Reads the old manifest, if there is one, and starts the new one. Exits where it cannot. */
void update_open(struct ahash *ahash);
/* The producer's: whether that is the manifest itself. */
bool update_is_own(const struct ahash *ahash, const struct stat *st);
/* The producer's: a tree will be walked. */
void update_tree(struct ahash *ahash, const char *name);
/* The producer's: looks the file up in the old manifest. True: it is as it was, its digests are in
 * file->op, and it need not be read. */
bool update_look(struct ahash *ahash, struct file *file, const struct stat *st);
/* Writes the file's part of the new manifest. */
void update_retire(struct ahash *ahash, struct file *file);
/* Puts the new manifest in place and prints what has changed. Exits, or makes the run fail, if the
 * old one stays. */
void update_finish(struct ahash *ahash);
void update_free(struct update *update); /* takes NULL */

#endif
