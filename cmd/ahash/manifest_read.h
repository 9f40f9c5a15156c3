/* manifest_read.h: the entries of a manifest, one after the other or by their offset. */
#ifndef CMD_AHASH_MANIFEST_READ_H
#define CMD_AHASH_MANIFEST_READ_H

#include <sys/stat.h>

#include "ahash.h"
#include "item.h"

/* The comment in front of a file's lines, and the beginning of the first line. */
extern const char manifest_meta_prefix[];
extern const char manifest_header[];

/* One file's part of a manifest. */
struct manifest_entry {
    uint64_t at; /* offset of its first line */
    char *name;
    bool has_meta;
    struct ahash_meta meta;
    struct hash_result *results; /* of the chosen algorithms; NULL as algorithm: not there */
};

/* A way through a manifest. */
struct manifest_reader {
    FILE *stream; /* NULL: there is no such file */
    struct checksum_reader lines;
    char *line;
    size_t len;  /* its bytes, without the newline */
    bool kept;   /* it is the next entry's, and has not been taken */
    bool parsed; /* as this: parsing changes its text */
    struct checksum_line as;
    uint64_t at; /* offset of the next line to be taken */
    uint64_t line_number;
    bool has_header; /* ahash --update wrote it */
    bool has_failed; /* an entry could not be read again: what it was compared with seems new */
    struct manifest_entry entry;
};

/* Opens the manifest of --update. Exits if it cannot be read, or is not a regular file. */
void manifest_reader_open(struct ahash *ahash, struct manifest_reader *reader);
void manifest_reader_close(struct manifest_reader *reader);
/* Reads the next file's lines. Returns 1; 0 at the end; -EINVAL if a line is not one that this run
 * would write; -errno. */
int manifest_read(const struct ahash *ahash, struct manifest_reader *reader);
/* Goes back to the beginning. */
void manifest_rewind(struct manifest_reader *reader);
/* Reads an entry again, by its offset. Returns false if that has become something else. */
bool manifest_read_at(const struct ahash *ahash, struct manifest_reader *reader, uint64_t at);
/* Tells whether the entry has a digest of each chosen algorithm. */
bool manifest_entry_is_complete(const struct ahash *ahash, const struct manifest_entry *entry);
/* Returns true if manifest_read takes the lines of this name. */
bool manifest_can_list(const struct ahash *ahash, const char *name);
/* Returns true if another process has written to the manifest since its state was taken. */
bool manifest_is_written(const struct manifest_reader *reader, const struct stat *then);

#endif
