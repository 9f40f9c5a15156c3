/* verify.h: equal work. */
#ifndef CMD_ABENCH_MEASURE_VERIFY_H
#define CMD_ABENCH_MEASURE_VERIFY_H

#include "../context.h"

/* Compares what the arm's last run produced with what it should be, and says what differs. Fills in
 * sample->reflinked. */
enum bench_check verify_run(struct bench *bench, struct bench_arm *arm, struct bench_sample *sample,
                            const char *dest);

#endif
