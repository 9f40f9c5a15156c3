/* item.c: see item.h. */
#include "item.h"

#include <string.h>

#include "ahash.h"

struct file *ahash_file(struct ahash *ahash, struct feed *feed, enum ahash_kind kind,
                        const char *name)
{
    struct file *file = feed_file(feed, ahash->cwd, name, strlen(name));
    struct ahash_item *item;

    if (file) {
        item = ahash_item(ahash, file);
        item->kind = kind;
        file->told_only = kind != AHASH_DIGEST && kind != AHASH_CHECK;
    }
    return file;
}

struct ahash_item *ahash_item(const struct ahash *ahash, const struct file *file)
{
    struct hash_result *results = file->op;

    return (struct ahash_item *)&results[ahash->algorithms.chosen_len];
}
