/* context.h: the data of one bench, which every part of abench works on, and the helpers that
 * depend on nothing else.
 *
 * An arm is a command, always run as a child process: the built-in arms are acat, ahash and acp
 * from beside abench itself, so that they and the user's are measured in exactly the same way, and
 * a figure is what a user of that command would get.
 *
 * A child's peak memory as wait4(2) tells it is never below its parent's at the time of the spawn.
 * abench therefore stays small: what needs memory or threads happens in forks of it
 * (child_call). */
#ifndef CMD_ABENCH_CONTEXT_H
#define CMD_ABENCH_CONTEXT_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

enum bench_operation { BENCH_READ, BENCH_HASH, BENCH_COPY, BENCH_OPERATIONS };
enum bench_cache { BENCH_COLD, BENCH_WARM };

/* Their names, as the command line and the reports have them. */
extern const char *const bench_operation_names[BENCH_OPERATIONS];
extern const char *const bench_cache_names[2]; /* by enum bench_cache */

enum {
    BENCH_ARMS_MAX = 64,
    BENCH_ROUNDS_MAX = 1000,
    BENCH_WARNINGS_MAX = 32,
    BENCH_DIFFERENCES_SHOWN = 3, /* of an arm's result */
};

struct bench_options {
    enum bench_operation operation;
    bool lesson;          /* instead of an operation */
    bool cold, warm;      /* states to measure in */
    bool drop_caches;     /* cold: the whole machine's cache, names and inodes too */
    unsigned settle;      /* cold: seconds from emptying the cache to the run */
    bool durable;         /* the time of a copy includes syncfs */
    bool verify_all;      /* compare contents after each run, not after an arm's first only */
    unsigned rounds;      /* the most */
    unsigned rounds_min;  /* not fewer, unless the time is up; --pairs sets both */
    double precision;     /* half an interval's width, of its ratio, that ends the rounds */
    double budget;        /* seconds for everything, --time */
    uint64_t seed;        /* of the order of the arms */
    const char *threads;  /* "16" or "4,16": workers of the sync arms */
    const char *arms;     /* names of built-in arms; NULL: the usual ones */
    const char *baseline; /* name of an arm; NULL: the first */
    const char *dest;     /* --dest; NULL: beside the source */
    uint64_t keep_bytes; /* space that copies may take until the oldest is deleted; 0: half of it */
    const char *json;    /* a file, "-": standard output, NULL: none */
    const char *csv;
    const char *plot;    /* FILE.svg or FILE.png */
    const char *compare; /* an older report */
    bool no_probe;       /* predict nothing */
    /* for the built-in arms, as their commands take them; NULL: not given */
    const char *depth, *block_size, *direct;
    const char *pattern;    /* read: of acat --discard */
    uint64_t pattern_bytes; /* read: how much of the pattern; 0: the default */
    uint64_t pattern_block; /* and in which blocks */
    const char *sweep;
    struct bench_command_option {
        const char *text; /* NAME=COMMAND */
        bool ceiling;     /* --bound: its result is not compared */
    } * commands;
    size_t n_commands;
};

/* What is read, hashed or copied. */
struct bench_data {
    char **paths; /* operands, as the arms get them */
    size_t n_paths;
    uint64_t files;  /* regular files */
    uint64_t others; /* directories, links and so on */
    uint64_t bytes;
    double prepare_seconds;
};

/* What a run's result was held against. */
enum bench_check {
    CHECK_NONE,    /* nothing to compare: an arm of the user's whose output is not known */
    CHECK_SIZES,   /* names, types and sizes */
    CHECK_CONTENT, /* these and the bytes, or digests */
    CHECK_DIFFERS,
    CHECK_FAILED, /* the arm itself failed; or the comparison could not be made */
};

struct bench_sample {
    enum bench_cache cache;
    unsigned round;      /* from 1 */
    unsigned position;   /* in its round, from 1 */
    double seconds;      /* from the spawn to the exit; --durable: to the end of syncfs */
    double sync_seconds; /* copy: syncfs after the exit */
    double user_seconds; /* of the process, its threads, io-wq's included, and its children */
    double system_seconds;
    uint64_t memory_peak;  /* bytes */
    uint64_t switches;     /* voluntary */
    double bytes_read;     /* by read(2) and its like, so not by the ring; NAN: not known */
    uint64_t device_read;  /* bytes that it had read from the device */
    uint64_t device_write; /* bytes that it made dirty or wrote */
    double resident;       /* part of the data set in the page cache before; NAN: not known */
    int wait_status;
    bool timed_out;
    unsigned left_running; /* processes that it left behind */
    enum bench_check check;
    /* from the arm's own --stats=json, NAN where it printed none */
    double files;
    double bytes;
    double waiting_seconds;
    double in_flight_mean;
    double in_flight_peak;
    double workers;
    /* the device of the files, from its own counters, the rest of the machine's requests with it;
     * NAN where there is none */
    double device_busy;  /* part of the time in which it had anything to do */
    double device_queue; /* mean number of requests at it */
    double iowq;         /* most io-wq workers that were seen; NAN: not watched */
    uint64_t reflinked;  /* files of the copy that share blocks */
};

/* A point of a sweep: indices into its values, one per dimension. */
enum { SWEEP_DIMENSIONS_MAX = 3, SWEEP_VALUES_MAX = 16 };

struct bench_sweep {
    size_t n_dimensions;
    struct {
        char name[16]; /* depth, block-size or jobs */
        char *values[SWEEP_VALUES_MAX];
        size_t n_values;
    } dimensions[SWEEP_DIMENSIONS_MAX];
};

struct bench_arm {
    char *name;
    char **argv;            /* built in; for a copy the destination's place, the last, is empty */
    char **options;         /* built in: those that make it what it is */
    const char *command;    /* the user's, with {src} and so on */
    char *advice;           /* built in: how to call for this arm */
    bool ring;              /* built in, on io_uring */
    uint64_t pattern_block; /* bytes */
    bool ceiling;           /* what is possible, and no equal work: its result is not compared */
    bool swept;             /* a point of the sweep: */
    size_t point[SWEEP_DIMENSIONS_MAX];
    bool content_seen; /* the contents of a result have been compared */
    struct bench_sample *samples;
    size_t n_samples;
};

/* What a short probe says about the gain, before anything is measured. */
struct bench_prediction {
    bool made;
    size_t base, arm; /* indices: which arms */
    double gain;      /* base's seconds / the arm's */
    double base_seconds, arm_seconds;
    uint64_t files, bytes; /* of the probe */
    double iowq;           /* io-wq workers that were seen in it; NAN: not known */
};

/* One bench: everything that the report is made from. */
struct bench {
    struct bench_options opts;
    struct bench_data data;
    struct bench_arm arms[BENCH_ARMS_MAX];
    size_t n_arms;
    size_t baseline; /* index */
    struct bench_sweep sweep;
    struct bench_prediction predictions[2]; /* by enum bench_cache */
    const char *list;                       /* of names, in the temporary directory */
    char device_stat[64];                   /* the device's counters in sysfs; "": none */
    char bin_dir[PATH_MAX];
    char temp_dir[PATH_MAX];        /* list, out, err, reference, manifest */
    char dest_dir[PATH_MAX];        /* "" until a copy needs it */
    uint64_t copy_first, copy_next; /* numbers of the copies that are kept */
    uint64_t keep_bytes;
    double removal_seconds;  /* of one copy: an estimate */
    double start;            /* bench_now */
    unsigned rounds_done[2]; /* by enum bench_cache */
    bool timed_out[2];       /* fewer rounds than wanted, for want of time */
    bool precise[2];         /* fewer than possible, because the intervals were narrow */
    struct json_t *older;    /* --compare: the report */
    char *compared;          /* and what there is to say, in lines */
    bool regressed;          /* something is slower */
    bool failed;             /* an arm failed or differed */
    char *warnings[BENCH_WARNINGS_MAX];
    size_t n_warnings;
};

double bench_now(void); /* seconds of the monotonic clock */
/* Keeps a warning for the report; the same text only once. */
void bench_warn(struct bench *bench, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* A name in the temporary directory, in one of a few static buffers. */
const char *bench_temp(const struct bench *bench, const char *name);
/* Ends the program if memory is NULL; else returns it. */
void *bench_need(void *memory);
/* What each run works on: bytes, and files or, of a pattern, blocks. */
double bench_bytes(const struct bench *bench);
double bench_items(const struct bench *bench, const struct bench_arm *arm);
/* Whether an output file of that name (NULL, "-": none) exists, and is the regular file st. */
bool bench_is_same_file(const char *path, const struct stat *st);

#endif
