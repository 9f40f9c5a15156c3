/* options.h: the command line. */
#ifndef CMD_ABENCH_OPTIONS_H
#define CMD_ABENCH_OPTIONS_H

#include "context.h"

/* Fills in the options and the operands. Exits with a message if they are wrong. */
void options_parse(struct bench *bench, int argc, char **argv);

#endif
