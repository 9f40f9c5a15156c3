/* unlisted.h: what check files do not list. All of it is the producer's. */
#ifndef CMD_AHASH_UNLISTED_H
#define CMD_AHASH_UNLISTED_H

#include "ahash.h"
#include "item.h"

/* All of these end the program where memory is short. */
struct unlisted *unlisted_new(void);
void unlisted_free(struct unlisted *unlisted); /* takes NULL */
/* A check file lists a name; fd is one. */
void unlisted_list(struct unlisted *unlisted, const char *name);
void unlisted_check_file(struct unlisted *unlisted, int fd);
/* Walks the trees, of which there is at least the directory that all listed files are in. Adds an
 * AHASH_UNLISTED for each regular file that is not listed. Returns 0 or -errno, to end the
 * producer.
 */
int unlisted_produce(struct ahash *ahash, struct feed *feed);

#endif
