/* sample.c: a part of files that take too long for the time limit.
 *
 * The sample is drawn over directories and sizes: of each size class, which spans a factor of two,
 * every n-th file in the order of the walk. So it has nearly the same part of the files and of the
 * bytes. */
#define _GNU_SOURCE
#include "sample.h"
#include "arm.h"
#include "../../cli/name_list.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum {
    CLASSES = 65, /* of sizes: empty, and powers of two */
    LEAST_FILES = 100,
    LEAST_LARGE_FILES = 10, /* of which these bytes take long enough */
    LEAST_LARGE_BYTES = 256 << 20,
};

/* The part of the files if what is known of their time is only that it is too long. */
static const double small_part = 1.0 / 16;
static const double most_part = 0.5;

/* The part of the remaining time to plan with: evicting, comparing and starting take time, too. */
static const double plan_part = 0.75;

/* Returns the predicted seconds of a round with every arm, in all states; 0: unknown. */
static double round_seconds(const struct bench *bench)
{
    double sum = 0;

    for (unsigned cache = BENCH_COLD; cache <= BENCH_WARM; cache++) {
        const struct bench_prediction *prediction = &bench->predictions[cache];
        if (!(cache == BENCH_COLD ? bench->opts.cold : bench->opts.warm))
            continue;
        if (!prediction->made)
            return 0;
        for (size_t i = 0; i < bench->n_arms; i++)
            sum += bench->arms[i].ring || bench->arms[i].threads > 1 ? prediction->arm_seconds
                                                                     : prediction->base_seconds;
    }
    return sum;
}

/* Returns true if every arm can read a list of names. */
static bool arms_take_list(const struct bench *bench)
{
    bool copy = bench->opts.operation == BENCH_COPY;

    /* names below one directory, in which the arms of a copy then run */
    if (bench->opts.pattern || (copy && bench->data.n_paths > 1))
        return false;
    for (size_t i = 0; i < bench->n_arms; i++) {
        const char *command = bench->arms[i].command;
        if (command && (copy || strstr(command, "{src}")))
            return false;
    }
    return true;
}

static unsigned class_of(uint64_t bytes)
{
    return bytes == 0 ? 0 : 64 - (unsigned)__builtin_clzll(bytes);
}

/* Returns the part of a name below the only operand. */
static const char *below(const struct bench *bench, const char *name)
{
    name += strlen(bench->data.paths[0]);
    return name + strspn(name, "/");
}

/* Writes this part of the list to out, and, unless it is NULL, the names below the operand to
 * short_names. Returns 0 or -errno. */
static int draw(const struct bench *bench, double part, FILE *out, FILE *short_names,
                struct bench_data *drawn)
{
    double due[CLASSES];
    struct names0 *names;
    const char *name;
    struct stat st;
    size_t len;
    int rc = names0_open(&names, bench_temp(bench, "list"));

    if (rc < 0)
        return rc;
    for (unsigned i = 0; i < CLASSES; i++)
        due[i] = 0.5;
    while ((rc = names0_next(names, &name, &len)) > 0) {
        if (stat(name, &st) < 0)
            continue;
        double *of = &due[class_of((uint64_t)st.st_size)];
        *of += part;
        if (*of < 1)
            continue;
        *of -= 1;
        drawn->files++;
        drawn->bytes += (uint64_t)st.st_size;
        fwrite(name, len + 1, 1, out);
        if (short_names)
            fwrite(below(bench, name), strlen(below(bench, name)) + 1, 1, short_names);
    }
    names0_close(names);
    return rc;
}

/* Returns the smallest part of the files that tells enough. */
static double least_part(const struct bench_data *data)
{
    double files = (double)data->files, bytes = (double)data->bytes + 1;

    return fmin(LEAST_FILES / files, fmax(LEAST_LARGE_FILES / files, LEAST_LARGE_BYTES / bytes));
}

double sample_small_part(const struct bench *bench)
{
    double part = fmax(small_part, least_part(&bench->data));

    return part <= most_part && arms_take_list(bench) ? part : 1;
}

double sample_part(const struct bench *bench, double round, unsigned done, double left)
{
    /* the time is known of a round that is done, and predicted before */
    double usable = done > 0 ? left : plan_part * left;
    double part = plan_part * left / (round * bench->opts.rounds_min);
    bool can = arms_take_list(bench) && part >= least_part(&bench->data);

    if (round * (bench->opts.rounds_min - done) <= usable)
        return 1;
    return part < 1 && can ? part : 1;
}

static int make_absolute(char path[PATH_MAX])
{
    char whole[PATH_MAX];

    if (!realpath(path, whole))
        return -1;
    memcpy(path, whole, sizeof(whole));
    return 0;
}

int sample_take(struct bench *bench, double part)
{
    struct bench_data *data = &bench->data, drawn = {0};
    FILE *out = fopen(bench_temp(bench, "list.new"), "we");
    bool copy = bench->opts.operation == BENCH_COPY;
    FILE *short_names = copy ? fopen(bench_temp(bench, "below"), "we") : NULL;
    int rc = out && (short_names || !copy) ? draw(bench, part, out, short_names, &drawn) : -errno;

    if (out && fclose(out) != 0 && rc == 0)
        rc = -errno;
    if (short_names && fclose(short_names) != 0 && rc == 0)
        rc = -errno;
    if (rc == 0 && rename(bench_temp(bench, "list.new"), bench_temp(bench, "list")) < 0)
        rc = -errno;
    if (rc < 0)
        return rc;
    if (data->whole_files == 0) {
        data->whole_files = data->files;
        data->whole_bytes = data->bytes;
    }
    bench->removal_seconds *= (double)drawn.files / (double)data->files;
    data->files = drawn.files;
    data->bytes = drawn.bytes;
    if (copy) /* the arms run in the operand */
        rc = make_absolute(bench->temp_dir) < 0 || make_absolute(bench->dest_dir) < 0 ? -errno : 0;
    for (size_t i = 0; i < bench->n_arms; i++)
        arm_use_list(bench, &bench->arms[i]);
    return rc;
}

int sample_for_probe(struct bench *bench, enum bench_cache cache)
{
    double part = sample_small_part(bench);
    int rc;

    if (!bench->predictions[cache].late || part > small_part)
        return 0;
    rc = sample_take(bench, part);
    return rc < 0 ? rc : 1;
}

int sample_choose(struct bench *bench)
{
    double round = round_seconds(bench), needed = round * bench->opts.rounds_min;
    double left = bench->opts.budget - (bench_now() - bench->start);
    double part = round > 0 ? sample_part(bench, round, 0, left) : 1;

    if (part < 1)
        return sample_take(bench, part);
    if (needed > left)
        bench->needed_seconds = needed / plan_part;
    return 0;
}

void sample_warn(struct bench *bench)
{
    for (unsigned cache = BENCH_COLD; cache <= BENCH_WARM && bench->needed_seconds > 0; cache++)
        if (bench->timed_out[cache] && bench->rounds_done[cache] < bench->opts.rounds_min)
            bench_warn(bench,
                       "%s was measured, in as many rounds as there was time for; %u rounds need"
                       " about --time=%.0f",
                       bench->data.whole_files > 0 ? "the sample" : "all of the data",
                       bench->opts.rounds_min, ceil(bench->needed_seconds / 10) * 10);
}
