/* unlisted.h: finds files that no check file lists. Producer only. */
#ifndef CMD_AHASH_UNLISTED_H
#define CMD_AHASH_UNLISTED_H

#include "ahash.h"
#include "item.h"

/* These functions end the program if memory is short. */
struct unlisted *unlisted_new(void);
void unlisted_free(struct unlisted *unlisted); /* takes NULL */
/* Adds a name that a check file lists, and a check file that is open as fd. */
void unlisted_list(struct unlisted *unlisted, const char *name);
void unlisted_check_file(struct unlisted *unlisted, int fd);
/* Walks the trees of --report-unlisted. Adds an AHASH_UNLISTED for each regular file that is not
 * listed. Returns 0 or -errno, to end the producer. */
int unlisted_produce(struct ahash *ahash, struct feed *feed);

#endif
