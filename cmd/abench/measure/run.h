/* run.h: one run of an arm. */
#ifndef CMD_ABENCH_MEASURE_RUN_H
#define CMD_ABENCH_MEASURE_RUN_H

#include "../context.h"

/* Runs an arm once, with dest (NULL but for a copy), for limit seconds at the most: fills in what
 * the run itself shows. Its output is in the temporary files "out" and "err". watched: counts its
 * io-wq workers, which disturbs it: not for what is measured. Returns 0 or -errno. */
int run_arm(struct bench *bench, struct bench_arm *arm, const char *dest, double limit,
            bool watched, struct bench_sample *sample);

#endif
