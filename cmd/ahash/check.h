/* check.h: ahash -c: adds the files that a check file lists, and compares their digests. */
#ifndef CMD_AHASH_CHECK_H
#define CMD_AHASH_CHECK_H

#include <stddef.h>
#include <stdint.h>

struct ahash;
struct feed;
struct file;

/* Adds what a check file lists, line by line. Returns 0 or -errno, to end the producer. */
int ahash_check_produce(struct ahash *ahash, struct feed *feed, const char *path);
/* Reads the names of at most max files that a small check file lists, to tell how much work they
 * are. The caller frees each. Returns how many there are; 0 if the file is not regular. */
size_t ahash_check_names(const struct ahash *ahash, const char *path, char **names, size_t max);
/* Retires AHASH_CHECK, AHASH_BAD_LINE, AHASH_CHECK_END, AHASH_UNLISTED. */
void ahash_check_retire(struct ahash *ahash, struct file *file);
/* Prints --summary and the number of unlisted files, after everything else. */
void ahash_check_finish(struct ahash *ahash);

#endif
