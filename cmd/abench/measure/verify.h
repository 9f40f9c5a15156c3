/* verify.h: verifies that an arm did equal work. */
#ifndef CMD_ABENCH_MEASURE_VERIFY_H
#define CMD_ABENCH_MEASURE_VERIFY_H

#include "../context.h"

/* Compares the result of the arm's last run with the expected one and prints the differences. Fills
 * in sample->reflinked. */
enum bench_check verify_run(struct bench *bench, struct bench_arm *arm, struct bench_sample *sample,
                            const char *dest);

#endif
