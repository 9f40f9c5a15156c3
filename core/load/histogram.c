/* histogram.c: counting durations in buckets. See histogram.h. */
#define _GNU_SOURCE
#include "histogram.h"

/* Values below 2^(BITS+1) have a bucket each; of larger ones the upper BITS+1 bits tell it, and how
 * many bits are below them. */
static unsigned bucket_of(uint64_t value)
{
    unsigned bits = 64 - (unsigned)__builtin_clzll(value | 1);
    unsigned below = bits > HISTOGRAM_BITS + 1 ? bits - HISTOGRAM_BITS - 1 : 0;
    uint64_t bucket = ((uint64_t)below << HISTOGRAM_BITS) + (value >> below);

    return bucket < HISTOGRAM_BUCKETS ? (unsigned)bucket : HISTOGRAM_BUCKETS - 1;
}

/* The largest value of a bucket. */
static uint64_t bucket_top(unsigned bucket)
{
    unsigned below = bucket >> HISTOGRAM_BITS;

    below = below > 0 ? below - 1 : 0;
    return ((uint64_t)(bucket - (below << HISTOGRAM_BITS) + 1) << below) - 1;
}

void histogram_record(struct histogram *histogram, uint64_t value)
{
    if (histogram->count == 0 || value < histogram->min)
        histogram->min = value;
    if (value > histogram->max)
        histogram->max = value;
    histogram->count++;
    histogram->sum += value;
    histogram->buckets[bucket_of(value)]++;
}

void histogram_add(struct histogram *sum, const struct histogram *worker)
{
    if (worker->count == 0)
        return;
    if (sum->count == 0 || worker->min < sum->min)
        sum->min = worker->min;
    if (worker->max > sum->max)
        sum->max = worker->max;
    sum->count += worker->count;
    sum->sum += worker->sum;
    for (unsigned i = 0; i < HISTOGRAM_BUCKETS; i++)
        sum->buckets[i] += worker->buckets[i];
}

uint64_t histogram_percentile(const struct histogram *histogram, double percent)
{
    double rank = percent / 100 * (double)histogram->count;
    uint64_t wanted = (uint64_t)rank, seen = 0;

    if (wanted == 0 || (double)wanted < rank)
        wanted++;
    for (unsigned i = 0; i < HISTOGRAM_BUCKETS; i++) {
        seen += histogram->buckets[i];
        if (seen >= wanted && i + 1 < HISTOGRAM_BUCKETS && bucket_top(i) < histogram->max)
            return bucket_top(i);
        if (seen >= wanted)
            break;
    }
    return histogram->max;
}
