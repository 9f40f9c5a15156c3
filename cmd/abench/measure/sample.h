/* sample.h: a part of files that take too long for the time limit. */
#ifndef CMD_ABENCH_MEASURE_SAMPLE_H
#define CMD_ABENCH_MEASURE_SAMPLE_H

#include "../context.h"

/* Reduces the list to a small sample if the probe in this state did not end in its time. Returns 1
 * if it did so, 0, or -errno. */
int sample_for_probe(struct bench *bench, enum bench_cache cache);
/* Reduces the list to a sample if the predicted rounds do not fit into the time limit and a sample
 * can be taken. Returns 0 or -errno. */
int sample_choose(struct bench *bench);
/* Warns if all files were measured although there was not enough time for it. */
void sample_warn(struct bench *bench);
/* Returns the part of the files to measure, so that the fewest rounds fit into the seconds that are
 * left. round: the seconds of one with all files; done: rounds so far. 1: a smaller sample is not
 * needed, or cannot be taken. */
double sample_part(const struct bench *bench, double round, unsigned done, double left);
/* Returns the part to measure if all files take too long and their time is not known. 1: a sample
 * cannot be taken. */
double sample_small_part(const struct bench *bench);
/* Reduces the list to this part. Returns 0 or -errno. */
int sample_take(struct bench *bench, double part);

#endif
