/* subtrees.h: the files of the list as small directories, of which a probe takes a part. */
#ifndef CMD_ABENCH_MEASURE_SUBTREES_H
#define CMD_ABENCH_MEASURE_SUBTREES_H

#include "../context.h"

struct subtrees;

/* Divides the list into runs of neighbours: directories with all that is in them, and, unless
 * they are for a copy, runs of files. Returns NULL if it cannot, or if the directories of a copy
 * have less than half of the files. */
struct subtrees *subtrees_new(const struct bench *bench);
/* Writes about this many files to the temporary file "sample", and the operands of a command that
 * takes them to "operands". The sample is drawn over the tree, and with nearly the mean size of
 * all. Returns the number of files; 0: it cannot. */
uint64_t subtrees_draw(const struct subtrees *subtrees, uint64_t want);
void subtrees_free(struct subtrees *subtrees); /* takes NULL */

#endif
