/* operands.h: the paths to measure, and the blocks to read of them. */
#ifndef CMD_ABENCH_OPERANDS_H
#define CMD_ABENCH_OPERANDS_H

#include "context.h"

/* Sets the operation. Returns false if the word is a path: hash is the operation then. */
bool operands_operation(struct bench_options *opts, const char *name);
/* Fills in the operands, and the options that depend on them. Exits with a message if they are
 * wrong. */
void operands_take(struct bench *bench, char *const *given, size_t n);

#endif
