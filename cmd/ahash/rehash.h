/* rehash.h: a line without a tag may be of another algorithm. */
#ifndef CMD_AHASH_REHASH_H
#define CMD_AHASH_REHASH_H

#include <stdbool.h>

struct ahash_item;
struct file;

/* Digests the file of a mismatching line again, with the other algorithm that the line may be of.
 * Returns true if it matches; then the result is that algorithm's. */
bool ahash_rehash(const struct file *file, const struct ahash_item *item);

#endif
