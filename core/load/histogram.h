/* histogram.h: how often which duration came, in bounded memory: for percentiles.
 *
 * The method is HdrHistogram's (Gil Tene, http://hdrhistogram.org): buckets of equal width between
 * two powers of two, as many in each such octave, so that every bucket is narrow for what is in it.
 * Here 256 in an octave: a percentile is at most 0.4% above the value, as exact as it gets without
 * keeping all values. */
#ifndef CORE_LOAD_HISTOGRAM_H
#define CORE_LOAD_HISTOGRAM_H

#include <stdbool.h>
#include <stdint.h>

enum {
    HISTOGRAM_BITS = 8,                                           /* 2^8 buckets in an octave */
    HISTOGRAM_OCTAVES = 34,                                       /* up to 2^42 ns: 73 minutes */
    HISTOGRAM_BUCKETS = (HISTOGRAM_OCTAVES + 1) << HISTOGRAM_BITS /* the first two are one apart */
};

/* To be zeroed before the first value. */
struct histogram {
    uint64_t count, sum;
    uint64_t min, max; /* 0 if count is 0 */
    uint64_t buckets[HISTOGRAM_BUCKETS];
};

void histogram_record(struct histogram *histogram, uint64_t value);
/* Records a value count times. */
void histogram_record_count(struct histogram *histogram, uint64_t value, uint64_t count);
/* Adds one worker's values to the sum. */
void histogram_add(struct histogram *sum, const struct histogram *worker);
/* Returns the value that percent of all values do not exceed; 0 if there are none. */
uint64_t histogram_percentile(const struct histogram *histogram, double percent);
/* Goes on to the next bucket with values in it: *most is the largest that it may have, and count
 * tells how many are in it. *bucket is where to begin: 0 for the first one. Returns false after the
 * last. Whoever adds up the counts finds the same percentiles. */
bool histogram_next(const struct histogram *histogram, unsigned *bucket, uint64_t *most,
                    uint64_t *count);

#endif
