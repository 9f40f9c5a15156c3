/* context.h: the data of one bench, and the helpers that depend on nothing else.
 *
 * An arm is a command that always runs as a child process. The built-in arms run acat, ahash and
 * acp from the directory of abench, so that they and the user's commands are measured in the same
 * way.
 *
 * wait4(2) reports a child's peak memory, which is never below its parent's at the time of the
 * spawn. abench therefore stays small: work that needs memory or threads is done in forks
 * (child_call). */
#ifndef CMD_ABENCH_CONTEXT_H
#define CMD_ABENCH_CONTEXT_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/stat.h>
#include <time.h>

#include "../../core/base/limits.h"

enum bench_operation { BENCH_READ, BENCH_HASH, BENCH_COPY, BENCH_OPERATIONS };
enum bench_cache { BENCH_COLD, BENCH_WARM };

/* As the command line and the reports spell them. */
extern const char *const bench_operation_names[BENCH_OPERATIONS];
extern const char *const bench_cache_names[2]; /* by enum bench_cache */
extern const char *const bench_check_names[];  /* by enum bench_check */

enum {
    BENCH_ARMS_MAX = 64,
    BENCH_ROUNDS_MAX = 1000,
    BENCH_WARNINGS_MAX = 32,
    BENCH_DIFFERENCES_SHOWN = 3, /* for one result of an arm */
};

struct bench_options {
    enum bench_operation operation;
    bool lesson;            /* run the lessons instead of an operation */
    bool cold, warm;        /* states of the cache to measure */
    bool drop_caches;       /* cold: drop names and inodes too, of the whole machine */
    unsigned settle;        /* cold: seconds between emptying the cache and the run */
    bool durable;           /* include syncfs in the time of a copy */
    bool verify_all;        /* compare contents after every run, not only after the first */
    unsigned rounds;        /* maximum */
    unsigned warmup;        /* rounds before these, which are not counted */
    unsigned rounds_min;    /* minimum, unless the time limit is reached; --pairs sets both */
    unsigned lesson_number; /* only this one; 0: all */
    bool source;            /* print its small program instead */
    double precision;    /* half an interval's width, relative to the ratio, that ends the rounds */
    double budget;       /* --time: seconds for everything */
    uint64_t seed;       /* seed of the order of the arms */
    const char *threads; /* workers of the sync arms, such as "4,16"; NULL: the default */
    const char *arms;    /* names of built-in arms; NULL: the default ones */
    const char *baseline; /* name of an arm; NULL: the first */
    const char *dest;     /* NULL: beside the source */
    uint64_t keep_bytes;  /* space for copies; 0: half of the free space */
    const char *json;     /* file name; "-": standard output, NULL: none */
    const char *csv;
    const char *markdown;
    const char *html;
    char *command_line;  /* as it was typed */
    const char *plot;    /* FILE.svg or FILE.png */
    const char *compare; /* file name of an older report */
    bool require_answer; /* fail if there is no answer */
    bool no_probe;       /* do not predict the gain */
    bool details;        /* print every figure */
    /* options of the built-in arms; NULL: not given */
    const char *depth, *block_size, *direct;
    const char *pattern;    /* read: as acat --discard takes it */
    uint64_t pattern_bytes; /* read: amount of the pattern; 0: the default */
    uint64_t pattern_block; /* read: its block size */
    unsigned write_percent; /* read: of the pattern's blocks; 0: none is written */
    unsigned fsync_every;   /* writes; 0: no fsync */
    uint64_t size;          /* of the file that is made for --write; 0: the default */
    bool destroy_data;      /* --write: to a block device */
    const char *sweep;
    struct bench_command_option {
        const char *text; /* NAME=COMMAND */
        bool ceiling;     /* given by --bound: the result is not compared */
    } * commands;
    size_t n_commands;
    const char *setup, *prepare, *cleanup; /* the user's commands around the runs */
    struct bench_parameter {
        char *name;
        char **values;
        size_t n_values;
    } * parameters; /* of -L */
    size_t n_parameters;
};

/* The files to read, hash or copy. */
struct bench_data {
    char **paths; /* operands, as they are passed to the arms */
    size_t n_paths;
    bool device;     /* the only operand is a block device: a file */
    uint64_t files;  /* regular files */
    uint64_t others; /* directories, links and so on */
    uint64_t bytes;
    /* left out, and not in the numbers above: files and directories that cannot be read, and files
     * that changed or vanished since abench began */
    uint64_t unreadable, changed;
    uint64_t whole_files, whole_bytes; /* of which the files are a sample; 0: they are all */
    double prepare_seconds;
};

/* The comparison of a run's result. */
enum bench_check {
    CHECK_NONE,    /* not compared: a user's arm whose output format is unknown */
    CHECK_SIZES,   /* names, types and sizes */
    CHECK_CONTENT, /* these and the bytes, or the digests */
    CHECK_DIFFERS,
    CHECK_FAILED, /* the arm itself or the comparison failed */
};

struct bench_sample {
    enum bench_cache cache;
    unsigned round;      /* from 1 */
    unsigned position;   /* in the round, from 1 */
    double begin;        /* seconds since the start of abench */
    double seconds;      /* from the spawn to the exit; --durable: to the end of syncfs */
    double sync_seconds; /* copy: syncfs after the exit */
    double user_seconds; /* of the process, its threads with io-wq's, and its children */
    double system_seconds;
    uint64_t memory_peak;  /* bytes */
    uint64_t switches;     /* voluntary */
    double bytes_read;     /* by read(2) and similar calls, not by the ring; NAN: unknown */
    uint64_t device_read;  /* bytes read from the device */
    uint64_t device_write; /* bytes made dirty or written */
    double resident;       /* part of the data in the page cache before the run; NAN: unknown */
    int wait_status;
    bool timed_out;
    unsigned left_running; /* number of processes that it left running */
    enum bench_check check;
    /* from the arm's --stats=json; NAN if it printed none */
    double files;
    double bytes;
    double waiting_seconds;  /* of the workers, for I/O; not for names */
    double runqueue_seconds; /* ready to run, while no processor was free; other commands: of the
                                first process only */
    double in_flight_mean;
    double in_flight_peak;
    double workers;
    /* seconds of all processors during the run: altogether, used by others than the arm (neither
     * by kernel threads nor for interrupts), and taken by the host; all 0: unknown */
    double processors_seconds, others_seconds, stolen_seconds;
    /* from the device's own counters, which include other processes' requests; NAN: unknown */
    double device_busy;  /* part of the time with any request */
    double device_queue; /* mean number of requests */
    double device_limit; /* part of what the cgroups allow that was used; NAN: no limit */
    double iowq;         /* peak number of io-wq workers; NAN: not watched */
    uint64_t reflinked;  /* files of the copy that share blocks with the source */
};

/* A point of a sweep has an index into the values of each dimension. */
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
    char *label;            /* the name in plain words */
    char **argv;            /* built-in arms: NULL-ended; for the last of a copy see arm_set_dest */
    char **options;         /* built-in arms: the options that distinguish the arm */
    char *command;          /* user's arms: with {src} and so on */
    size_t *choice;         /* user's arms: values of -L, see measure/parameters.h; NULL: none */
    char *advice;           /* built-in arms: the command line that a user types for it */
    bool ring;              /* built-in arms: uses io_uring */
    bool usual;             /* built-in arms: what the command does without options */
    unsigned threads;       /* built-in blocking arms: -j; 0: the default of the command */
    uint64_t pattern_block; /* bytes */
    bool ceiling;           /* given by --bound, as an upper limit: the result is not compared */
    bool swept;             /* is at this point of the sweep: */
    size_t point[SWEEP_DIMENSIONS_MAX];
    bool content_seen; /* the contents of one result have been compared */
    struct bench_sample *samples;
    size_t n_samples;
    /* by enum bench_cache, --pattern: of each request of all counted runs; NULL: not known */
    struct bench_latency *latency[2];
};

/* --write: the file that is overwritten. */
struct bench_target {
    bool in_directory; /* the operand is the directory in which to make it */
    bool open;
    bool made;     /* it has a name, which is removed at the end */
    int fd;        /* if open */
    char *path[1]; /* of a file without a name, in /proc; NULL: data.paths has its name */
};

/* The gain that a short probe predicts before the rounds. */
struct bench_prediction {
    bool made;           /* the seconds are known */
    const char *why_not; /* the gain is not predicted, although it was tried: the reason; or NULL */
    bool late;           /* because its time was up */
    size_t base, arm;    /* indices of the arms */
    double gain;         /* median of the turns' base_seconds / arm_seconds */
    double base_seconds, arm_seconds;
    uint64_t files, bytes; /* used by the probe */
    double iowq;           /* peak number of io-wq workers; NAN: unknown */
};

/* The run that is under way. */
struct bench_under_way {
    const char *label;  /* of the arm; NULL: none */
    unsigned round;     /* 0: the warm-up */
    unsigned runs_done; /* of this round */
};

/* Everything that the report is made from. */
struct bench {
    struct bench_options opts;
    struct bench_data data;
    struct bench_arm arms[BENCH_ARMS_MAX];
    size_t n_arms;
    size_t baseline; /* index */
    struct bench_sweep sweep;
    struct bench_target target;
    struct bench_prediction predictions[2]; /* by enum bench_cache */
    const char *list;                       /* temporary file of NUL-ended names to work on */
    char device_stat[64];                   /* file of the device's counters in sysfs */
    struct limits_rates device_limits;      /* of the cgroups */
    char bin_dir[PATH_MAX];
    char temp_dir[PATH_MAX];        /* directory of list, sample, operands, out, err and so on */
    char dest_dir[PATH_MAX];        /* directory of the copies; "": none */
    uint64_t copy_first, copy_next; /* range of the numbers of the copies that are kept */
    uint64_t keep_bytes;
    double removal_seconds; /* estimate for one copy */
    double start;           /* bench_now */
    struct timespec begun;  /* by the clock of files */
    struct bench_under_way under_way;
    const char *stage;       /* work between the runs, as in "while listing the files" */
    bool reporting;          /* the report is being written */
    bool left_behind;        /* copies could not be removed */
    bool interrupted;        /* SIGINT has ended the rounds */
    double needed_seconds;   /* predicted for all rounds, if there is less time; else 0 */
    unsigned rounds_done[2]; /* by enum bench_cache */
    bool timed_out[2];       /* the time limit has ended the rounds */
    bool precise[2];         /* narrow intervals have ended the rounds */
    struct json_t *older;    /* report of --compare */
    char *compared;          /* text of the comparison */
    bool regressed;          /* an arm is slower than in the older report */
    bool hooked;             /* the command of --setup has begun, so that --cleanup must run */
    bool failed;             /* an arm failed or differed */
    char busiest[32];        /* name of another process that used the processors most; "": none */
    bool never_cold;         /* the filesystem keeps its files in memory, and that was told */
    const char *no_ring;     /* the reason why io_uring cannot be used; NULL: it can */
    char *warnings[BENCH_WARNINGS_MAX];
    size_t n_warnings;
};

double bench_now(void); /* returns seconds of the monotonic clock */
/* Adds a warning to the report, unless it has the same text already. */
void bench_warn(struct bench *bench, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Returns the path of a temporary file, in one of four static buffers. */
const char *bench_temp(const struct bench *bench, const char *name);
/* Keeps the command line as it was typed: getopt_long sorts the words. The caller frees it. */
char *bench_command_line(int argc, char **argv);
/* Returns an operand as the built-in arms take it: with --write it is standard input. */
const char *bench_operand(const struct bench *bench, size_t index);
/* Writes a name as one word of a shell's command. */
void bench_put_quoted(FILE *out, const char *name);
/* Shows on a terminal what runs, and the time that is left; label NULL: removes that. */
void bench_show(const struct bench *bench, unsigned round, const char *label);
/* Returns memory. Ends the program if it is NULL. */
void *bench_need(void *memory);
/* Return the amount of work in a run: bytes, and files or, with a pattern, blocks. */
double bench_bytes(const struct bench *bench);
double bench_items(const struct bench *bench, const struct bench_arm *arm);
/* Finds the size of a regular file or block device. Returns 0 or -errno: -EINVAL: it is neither. */
int bench_size(const char *path, uint64_t *bytes);
/* Returns true if path (not NULL or "-") names the same regular file as st. */
bool bench_is_same_file(const char *path, const struct stat *st);

#endif
