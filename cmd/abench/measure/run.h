/* run.h: one run of an arm. */
#ifndef CMD_ABENCH_MEASURE_RUN_H
#define CMD_ABENCH_MEASURE_RUN_H

#include "../context.h"

struct json_t;

/* Runs an arm once, for at most limit seconds, and fills in the sample but for its check. Its
 * output is in the temporary files "out" and "err". dest: NULL but for a copy. watched: counts its
 * io-wq workers, which disturbs the measurement. Returns 0 or -errno. */
int run_arm(struct bench *bench, struct bench_arm *arm, const char *dest, double limit,
            bool watched, struct bench_sample *sample);
/* Returns the last line of an output that is a JSON object, or NULL. The caller frees it. */
struct json_t *run_last_object(const char *path);

#endif
