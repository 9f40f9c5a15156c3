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

/* Returns the largest value that may be in a bucket. */
static uint64_t bucket_most(const struct histogram *histogram, unsigned bucket)
{
    unsigned below = bucket >> HISTOGRAM_BITS;
    uint64_t top;

    below = below > 0 ? below - 1 : 0;
    top = ((uint64_t)(bucket - (below << HISTOGRAM_BITS) + 1) << below) - 1;
    return bucket + 1 < HISTOGRAM_BUCKETS && top < histogram->max ? top : histogram->max;
}

void histogram_record(struct histogram *histogram, uint64_t value)
{
    histogram_record_count(histogram, value, 1);
}

void histogram_record_count(struct histogram *histogram, uint64_t value, uint64_t count)
{
    if (count == 0)
        return;
    if (histogram->count == 0 || value < histogram->min)
        histogram->min = value;
    if (value > histogram->max)
        histogram->max = value;
    histogram->count += count;
    histogram->sum += value * count;
    histogram->buckets[bucket_of(value)] += count;
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
        if (seen >= wanted)
            return bucket_most(histogram, i);
    }
    return histogram->max;
}

bool histogram_next(const struct histogram *histogram, unsigned *bucket, uint64_t *most,
                    uint64_t *count)
{
    while (*bucket < HISTOGRAM_BUCKETS && histogram->buckets[*bucket] == 0)
        ++*bucket;
    if (*bucket == HISTOGRAM_BUCKETS)
        return false;
    *most = bucket_most(histogram, *bucket);
    *count = histogram->buckets[(*bucket)++];
    return true;
}
