/* operands.h: the paths to measure, and the blocks to read of them. */
#ifndef CMD_ABENCH_OPERANDS_H
#define CMD_ABENCH_OPERANDS_H

#include "context.h"

/* Fills in the operands, and the options that depend on them. Exits with a message if they are
 * wrong. */
void operands_take(struct bench *bench, char *const *given, size_t n);

#endif
