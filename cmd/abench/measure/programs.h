/* programs.h: the programs that the arms run. */
#ifndef CMD_ABENCH_MEASURE_PROGRAMS_H
#define CMD_ABENCH_MEASURE_PROGRAMS_H

#include "../context.h"

/* Fills in bench->bin_dir, and adds it to PATH. */
void programs_find(struct bench *bench);
/* Runs each program once, to check that it exists and to have it cached for all arms. */
void programs_check(const struct bench *bench);

#endif
