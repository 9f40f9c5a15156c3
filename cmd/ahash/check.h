/* check.h: ahash -c: adds the files that a check file lists, and compares their digests. */
#ifndef CMD_AHASH_CHECK_H
#define CMD_AHASH_CHECK_H

#include <stdint.h>

struct ahash;
struct feed;
struct file;

/* Adds what a check file lists, line by line. Returns 0 or -errno, to end the producer. */
int ahash_check_produce(struct ahash *ahash, struct feed *feed, const char *path);
/* Retires AHASH_CHECK, AHASH_BAD_LINE, AHASH_CHECK_END, AHASH_UNLISTED. */
void ahash_check_retire(struct ahash *ahash, struct file *file);
/* Prints --summary and the number of unlisted files, after everything else. */
void ahash_check_finish(struct ahash *ahash);

#endif
