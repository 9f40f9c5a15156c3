/* item.h: what ahash keeps with each file of its feed. */
#ifndef CMD_AHASH_ITEM_H
#define CMD_AHASH_ITEM_H

#include <stdatomic.h>

#include "../../core/digest/hash.h"
#include "../../core/pipeline/feed.h"
#include "../cli/name_list.h"

struct ahash;

enum ahash_kind {
    AHASH_DIGEST,    /* its digests are printed, or go into a manifest */
    AHASH_KEPT,      /* not read: its digests come from a manifest */
    AHASH_CHECK,     /* its digest is compared */
    AHASH_BAD_LINE,  /* no file: an improperly formatted line of the check file of that name */
    AHASH_CHECK_END, /* no file: the check file of that name has been read, or could not be */
    AHASH_UNLISTED,  /* not read: no check file lists it */
    AHASH_OUTPUT,    /* not read: standard output, in a tree */
    AHASH_LIST,      /* no file: something is wrong with the list of names */
};

/* The numbers that tell whether a file is what it was. */
struct ahash_meta {
    uint64_t size;
    int64_t mtime_ns, ctime_ns; /* since 1970 */
    uint64_t ino;
};

/* The algorithms that have matched in a check file, for lines that the producer has not read yet.
 */
struct ahash_check_list {
    /* for each length of a digest: the algorithm of the first line without a tag that matched */
    atomic_uchar kind[DIGEST_BYTES_MAX + 1];
};
enum { LIST_UNKNOWN, LIST_USUAL, LIST_BLAKE2B };

/* In file->op, behind a struct hash_result for each digest of the run: ahash_item. */
struct ahash_item {
    enum ahash_kind kind;
    union {
        int names0; /* AHASH_LIST: what names0_next returned */
        struct {    /* AHASH_CHECK */
            uint8_t expected[DIGEST_BYTES_MAX];
            bool matches_none;             /* the line has no digest that a file can have */
            const struct digest *other;    /* what else the line may be of; NULL: nothing */
            struct ahash_check_list *list; /* AHASH_CHECK_END, too, which frees it */
        };
        struct { /* of a manifest */
            struct ahash_meta meta;
            uint64_t old_at; /* offset in the old manifest + 1; 0: not listed */
            bool has_meta;   /* it is worth writing down */
            bool unchanged;  /* since the old manifest was written, as far as meta tells */
        };
    };
    uint64_t line; /* AHASH_BAD_LINE, AHASH_LIST */
};

/* Makes a file of the given kind, relative to the working directory. NULL: out of memory. */
struct file *ahash_file(struct ahash *ahash, struct feed *feed, enum ahash_kind kind,
                        const char *name);
struct ahash_item *ahash_item(const struct ahash *ahash, const struct file *file);

#endif
