/* abench.h: what abench's parts share: the data set, the arms, their samples, and the calls between
 * the parts.
 *
 * An arm is a command, always run as a child process: the built-in arms are acat, ahash and acp
 * from beside abench itself, so that they and the user's are measured in exactly the same way, and
 * a figure is what a user of that command would get.
 *
 * A child's peak memory as wait4(2) tells it is never below its parent's at the time of the spawn.
 * abench therefore stays small: what needs memory or threads happens in forks of it
 * (bench_in_child). */
#ifndef CMD_ABENCH_ABENCH_H
#define CMD_ABENCH_ABENCH_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/types.h>

enum bench_operation { BENCH_READ, BENCH_HASH, BENCH_COPY };
enum bench_cache { BENCH_COLD, BENCH_WARM };

enum {
    BENCH_ARMS_MAX = 64,
    BENCH_ROUNDS_MAX = 1000,
    BENCH_WARNINGS_MAX = 32,
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
        bool bound;       /* --bound: its result is not compared */
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
    unsigned iowq;       /* io-wq workers of the process, at the most; only where it was watched */
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
    bool bound;             /* what is possible, and no equal work: its result is not compared */
    bool swept;             /* a point of the sweep: */
    size_t point[SWEEP_DIMENSIONS_MAX];
    bool content_seen; /* the contents of a result have been compared */
    struct bench_sample *samples;
    size_t n_samples;
};

/* Figures of one arm in one state of the cache, over its good runs. */
struct bench_summary {
    size_t runs; /* good ones */
    size_t failed;
    bool differs;                    /* one of the failed ones gave another result */
    bool unchecked;                  /* its results were not compared */
    double median, q1, q3, min, max; /* seconds */
    double durable;                  /* median of seconds to durable; copy */
    double mb_s, items_s;            /* items: see bench_items */
    size_t pairs;                    /* rounds in which both the arm and the baseline were good */
    double ratio, ratio_q1, ratio_q3, ratio_min, ratio_max; /* baseline's seconds / the arm's */
    double ratio_low, ratio_high; /* the interval of its median: stat_interval; NAN: too few */
    double cpu_seconds, user_seconds, system_seconds;
    double memory_peak, switches, device_read, device_write;
    double waiting_seconds, in_flight_mean, in_flight_peak; /* NAN: not known */
    double device_busy, device_queue;                       /* NAN: not known */
    double workers;                                         /* NAN: not known */
    bool reflinked;
};

/* What keeps the blocking path from being faster. */
enum bench_bound { BOUND_UNKNOWN, BOUND_LATENCY, BOUND_DEVICE, BOUND_CACHE, BOUND_CPU };

/* What a short probe says about the gain, before anything is measured. */
struct bench_prediction {
    bool made;
    size_t base, arm; /* indices: which arms */
    double gain;      /* base's seconds / the arm's */
    double base_seconds, arm_seconds;
    uint64_t files, bytes; /* of the probe */
    unsigned iowq;         /* workers of io-wq seen in it */
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
    bool cut[2];             /* fewer rounds than wanted, for want of time */
    bool tight[2];           /* fewer than possible, because the intervals were narrow */
    struct json_t *older;    /* --compare: the report */
    char *compared;          /* and what there is to say, in lines */
    bool regressed;          /* something is slower */
    bool failed;             /* an arm failed or differed */
    char *warnings[BENCH_WARNINGS_MAX];
    size_t n_warnings;
};

/* -- abench.c -- */
double bench_now(void); /* seconds of the monotonic clock */
/* Keeps a warning for the report; the same text only once. */
void bench_warn(struct bench *bench, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Ends by the signal that came, if one did, as a shell expects of an interrupted program. */
void bench_end_if_interrupted(void);
/* A name in the temporary directory, in one of a few static buffers. */
const char *bench_temp(const struct bench *bench, const char *name);

/* -- options.c -- */
/* Fills in the options and the operands. Exits on a mistake. */
void bench_options_parse(struct bench *bench, int argc, char **argv);

/* -- sweep.c -- */
/* Exits on a mistake in text. */
void bench_sweep_parse(struct bench_sweep *sweep, const char *text);
void bench_sweep_free(struct bench_sweep *sweep);
/* The point of the sweep from which on more gains little, and the fastest one: indices of arms, -1
 * where nothing was measured. */
int bench_knee(const struct bench *bench, enum bench_cache cache, int *best);

/* -- probe.c -- */
/* Runs two of the arms on parts of the data set and says what the gain will be: fills in
 * bench->predictions[cache]. */
void bench_predict(struct bench *bench, enum bench_cache cache);

/* -- device.c -- */
/* The counters of a block device. */
struct device_counters {
    double busy_ms;  /* with anything at it */
    double queue_ms; /* summed over its requests */
};
/* Where they are in sysfs: fills in bench->device_stat. device: as mountinfo names it. */
void device_find(struct bench *bench, const char *device);
/* Returns false where there are none. */
bool device_read(const struct bench *bench, struct device_counters *counters);
/* Counts the io-wq workers of pid until it ends, in a fork. Returns 0 or -errno. */
struct watch {
    pid_t watcher;
    unsigned *most; /* shared with it */
};
int watch_start(struct watch *watch, pid_t pid);
/* After pid has been waited for: the most that were seen at once. */
unsigned watch_end(struct watch *watch);

/* -- run.c -- */
extern volatile int bench_signal; /* the signal that came to end abench, or 0 */
void bench_signals_catch(void);
/* Takes the handlers away, in a fork. */
void bench_signals_release(void);
/* Lets no signal end the commands that run from here on. */
void bench_signals_hold(void);
/* Runs work in a fork and waits. Returns what it returned, 0 to 125, or 126 where it died. */
int bench_in_child(int (*work)(void *arg), void *arg);
/* Zeroed memory that forks share; NULL where there is none. */
void *bench_shared(size_t bytes);
void bench_unshare(void *memory, size_t bytes); /* takes NULL */
/* Runs a command quietly and waits: its exit status, or 126. */
int bench_command(char *const argv[], bool quiet);
/* Runs an arm once, with dest (NULL but for a copy), for limit seconds at the most: fills in what
 * the run itself shows. Its output is in the temporary files "out" and "err". watched: counts its
 * io-wq workers, which disturbs it: not for what is measured. Returns 0 or -errno. */
int bench_run(struct bench *bench, struct bench_arm *arm, const char *dest, double limit,
              bool watched, struct bench_sample *sample);

/* -- left.c -- */
/* Becomes the parent of what arms leave behind. */
void bench_adopt(void);
/* Ends every child of abench, which were the arm's in the process group or begun by it. Returns how
 * many did not end soon by themselves. */
unsigned bench_end_left(pid_t group);

/* -- arm.c -- */
/* Sets the arms up from the options. Exits on a mistake in them. */
void bench_arms_init(struct bench *bench);
/* The user's command with its braces filled in: malloc'd. */
char *bench_arm_command(const struct bench *bench, const struct bench_arm *arm, const char *dest);
/* An arm that failed is not tried again. */
bool bench_arm_runs(const struct bench_arm *arm);
void bench_arms_free(struct bench *bench);

/* -- data.c -- */
/* Looks the operands over, lists the regular files in the temporary file "list", and writes what
 * results are compared with to "manifest" (copy) or "reference" (hash). Messages; returns false
 * where something cannot be read. */
bool bench_data_collect(struct bench *bench);

/* One entry of a tree. */
struct bench_entry {
    const char *path;   /* as a user would write it */
    const char *name;   /* below the operand; with several operands, from its last component on */
    unsigned char type; /* DT_* */
    uint64_t bytes;     /* of regular files */
    uint64_t ino;       /* of regular files */
    const uint8_t
        *digest; /* 32 bytes: of the content, or of a link's target; NULL: not asked for */
};
/* Calls each for every entry of the trees, in order. content: with digests of the files' bytes.
 * Returns 0, the first -errno (with its file's name in a message), or what each returned. */
int bench_walk(char *const *paths, size_t n_paths, bool content,
               int (*each)(const struct bench_entry *entry, void *arg), void *arg);

/* Whether an output file of that name (NULL, "-": none) exists, and is the regular file st. */
bool bench_is_file(const char *path, const struct stat *st);

/* -- cache.c -- */
/* Brings the data set into the state and measures what is resident: a part of 1, or NAN. */
int bench_cache_set(struct bench *bench, enum bench_cache cache, double *resident);
/* Takes one file's clean pages out of the cache. Returns whether it shares blocks with another one,
 * as the filesystem tells (FIEMAP). */
bool bench_cache_let_go(const char *path);

/* -- dest.c -- */
/* Makes the directory of the copies; checks the space. Exits with a message where it cannot. */
void bench_dest_init(struct bench *bench);
/* A destination that does not exist yet (with several operands: an empty directory), after making
 * room for it. Returns 0 or -errno. */
int bench_dest_next(struct bench *bench, char path[PATH_MAX]);
/* Whether so many copies can be kept at once. */
bool bench_dest_has_room(const struct bench *bench, uint64_t copies);
/* Waits until all that was written to the copies' filesystem is on the device. */
int bench_dest_sync(const struct bench *bench);
void bench_dest_remove(struct bench *bench);

/* -- verify.c -- */
/* Writes an entry of the source to the manifest; errors stay with the stream. */
void bench_manifest_put(FILE *file, const struct bench_entry *entry);
/* Writes the line that sha256sum would print. */
void bench_line_put(FILE *file, const struct bench_entry *entry);
/* Compares what the arm's last run produced with what it should be, and says what differs. Fills in
 * sample->reflinked. */
enum bench_check bench_verify(struct bench *bench, struct bench_arm *arm,
                              struct bench_sample *sample, const char *dest);

/* -- summary.c -- */
/* What each run works on: bytes, and files or, of a pattern, blocks. */
double bench_bytes(const struct bench *bench);
double bench_items(const struct bench *bench, const struct bench_arm *arm);
/* Whether a run counts. */
bool bench_sample_good(const struct bench_sample *sample, enum bench_cache cache);
/* base's time / the arm's, of each round in which both are good. Returns how many: at most one for
 * each of the arm's runs. */
size_t bench_ratios(const struct bench_arm *base, const struct bench_arm *arm,
                    enum bench_cache cache, double *values);
struct bench_summary bench_summarise(const struct bench *bench, size_t arm, enum bench_cache cache);
/* Whether an arm is faster than another, as far as the rounds can tell. */
bool bench_faster(const struct bench *bench, size_t arm, size_t other, enum bench_cache cache);
/* Whether the rounds tell the arm from the baseline, and it is not only noise. */
bool bench_told_apart(const struct bench_summary *summary);
/* Whether every arm's interval is as narrow as --precision asks for. */
bool bench_is_tight(const struct bench *bench, enum bench_cache cache);

/* -- machine.c -- */
struct machine {
    unsigned processors;
    uint64_t memory_total, memory_available; /* bytes */
    double load;                             /* 1 minute's average; NAN: not known */
    char kernel[65];
    char filesystem[64]; /* type */
    char device[256];    /* what is mounted */
};
void machine_look(struct machine *machine, const char *path);
/* Warnings of what spoils a measurement. */
void machine_warn(struct bench *bench, const struct machine *machine);
/* What the results say of their own worth. */
void results_warn(struct bench *bench, const struct machine *machine);

/* -- interference.c -- */
enum { BUSY_PROCESSES_MAX = 1024 };

struct busy_process {
    int pid;
    double seconds;
    char name[32];
};

/* Seconds of all processors since the machine started. */
struct busy {
    double total, working, stolen;
    double ours; /* of abench and what it ran */
    struct busy_process processes[BUSY_PROCESSES_MAX];
    size_t n;
};
void busy_look(struct busy *busy);
/* Warns of others' work between two looks; spoils after. */
void busy_warn(struct bench *bench, const struct busy *before, struct busy *after);

/* -- table.c, json.c, verdict.c -- */
void report_table(FILE *out, const struct bench *bench, const struct machine *machine);
void report_csv(FILE *out, const struct bench *bench);
/* Returns 0, or -1 where memory is short or the output fails. */
int report_json(FILE *out, const struct bench *bench, const struct machine *machine);
/* The resident part of the data set before the runs, where it was furthest from the state wanted.
 * NAN: not known. */
double report_resident(const struct bench *bench, enum bench_cache cache);
/* -- plot.c -- */
void plot_require(void); /* exits where gnuplot is missing */
void report_plot(const struct bench *bench);

/* -- compare.c -- */
/* Loads --compare's report; exits where it is none, or of another operation. */
void compare_load(struct bench *bench);
/* What became slower since: sets bench->compared and bench->regressed. */
void compare_make(struct bench *bench, const struct machine *machine);

/* -- term.c -- */
struct term {
    bool terminal; /* else none of the rest counts */
    bool colour;
    bool blocks; /* it shows UTF-8 */
    int width;
};
void term_look(struct term *term, FILE *out);
bool term_fits(const struct term *term, int columns);
/* A keyword and what there is to say, in lines of the terminal's width. */
void term_line(FILE *out, const struct term *term, const char *keyword, const char *text);
/* A bar for each arm's seconds; on terminals only. */
void term_bars(FILE *out, const struct term *term, const struct bench *bench,
               enum bench_cache cache, int name_width);

/* What the figures of one state of the cache say. */
struct bench_verdict {
    enum bench_bound bound; /* of the baseline */
    size_t arm;             /* index: the one that is explained beside it */
    bool gain;              /* it is faster than the baseline, by enough to explain */
};
/* Returns false where nothing was measured. */
bool bench_judge(const struct bench *bench, enum bench_cache cache, struct bench_verdict *verdict);
const char *bound_name(enum bench_bound bound);
/* The predicted gain's part above or below the measured one; NAN where one of them is missing. */
double prediction_error(const struct bench *bench, enum bench_cache cache);
/* One line each: malloc'd, NULL where there is nothing to say. */
char *why_line(const struct bench *bench, const struct machine *machine, enum bench_cache cache);
char *evidence_line(const struct bench *bench, size_t arm, enum bench_cache cache);
char *prediction_line(const struct bench *bench, enum bench_cache cache);
char *use_line(const struct bench *bench, const struct machine *machine, enum bench_cache cache);
char *knee_line(const struct bench *bench, enum bench_cache cache); /* sweep.c */

#endif
