/* parts.h: a long list of names in parts, one file each, for --files0-from of several runs.
 *
 * A part is closed when its cost reaches a limit; a costlier name has a part of its own. At the end
 * the parts are numbered from 0 by falling cost: workers that each take the next part then end at
 * about the same time. All names of an inode come into one part, since one run must link them. */
#ifndef CORE_COPY_PARTS_H
#define CORE_COPY_PARTS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>

struct parts;

/* The cost of a file besides its bytes: that of copying this many. */
#define PARTS_FILE_COST (UINT64_C(1) << 20)

struct parts_total {
    uint64_t parts;
    uint64_t names;
    uint64_t bytes;
};

/* Begins lists in the empty directory dir_fd, which stays the caller's. limit: of a part's cost,
 * in bytes. Returns 0 or -errno. */
int parts_new(struct parts **parts, int dir_fd, uint64_t limit);
/* Adds a name of the inode *st, with the number of bytes to copy. names: how many the inode has; 1:
 * no other one needs to be in the same part; 0: unknown. Takes 32 bytes and an entry of the C
 * library's tree for each inode with names that have not been added yet. Returns 0 or -errno. */
int parts_add(struct parts *parts, const char *name, const struct stat *st, uint64_t bytes,
              uint64_t names);
/* Ends the lists and names them 0, 1, 2, ... when they are on the device. Until then, and if a name
 * could not be added, they have hidden names. complete: all names have been added; if not, the
 * lists keep hidden names. Returns 0 or -errno. */
int parts_end(struct parts *parts, bool complete, struct parts_total *total);
void parts_free(struct parts *parts); /* takes NULL */

#endif
