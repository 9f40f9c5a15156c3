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
#ifndef CMD_ABENCH_H
#define CMD_ABENCH_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>

enum bench_operation { BENCH_READ, BENCH_HASH, BENCH_COPY };
enum bench_cache { BENCH_COLD, BENCH_WARM };

enum {
    BENCH_ARMS_MAX = 32,
    BENCH_ROUNDS_MAX = 1000,
    BENCH_WARNINGS_MAX = 32,
};

struct bench_options {
    enum bench_operation operation;
    bool cold, warm;      /* states to measure in */
    bool drop_caches;     /* cold: the whole machine's cache, names and inodes too */
    unsigned settle;      /* cold: seconds from emptying the cache to the run */
    bool durable;         /* the time of a copy includes syncfs */
    bool verify_all;      /* compare contents after each run, not after an arm's first only */
    unsigned rounds;      /* --pairs */
    double budget;        /* seconds for everything, --time */
    uint64_t seed;        /* of the order of the arms */
    const char *threads;  /* "16" or "4,16": workers of the sync arms */
    const char *arms;     /* names of built-in arms; NULL: the usual ones */
    const char *baseline; /* name of an arm; NULL: the first */
    const char *dest;     /* --dest; NULL: beside the source */
    uint64_t keep_bytes; /* space that copies may take until the oldest is deleted; 0: half of it */
    const char *json;    /* a file, "-": standard output, NULL: none */
    const char *csv;
    char **commands; /* --arm */
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
    uint64_t device_read;  /* bytes that it had read from the device */
    uint64_t device_write; /* bytes that it made dirty or wrote */
    double resident;       /* part of the data set in the page cache before; NAN: not known */
    int wait_status;
    bool timed_out;
    enum bench_check check;
    /* from the arm's own --stats=json, NAN where it printed none */
    double files;
    double bytes;
    double waiting_seconds;
    double in_flight_mean;
    double in_flight_peak;
};

struct bench_arm {
    char *name;
    char **argv;         /* built in; for a copy the destination's place, the last, is empty */
    const char *command; /* the user's, with {src} and so on */
    char *advice;        /* built in: how to call for this arm */
    bool content_seen;   /* the contents of a result have been compared */
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
    double mb_s, files_s;
    size_t pairs; /* rounds in which both the arm and the baseline were good */
    double ratio, ratio_q1, ratio_q3, ratio_min, ratio_max; /* baseline's seconds / the arm's */
    double cpu_seconds, memory_peak, switches, device_read, device_write;
    double waiting_seconds, in_flight_mean, in_flight_peak; /* NAN: not known */
};

/* One bench: everything that the report is made from. */
struct bench {
    struct bench_options opts;
    struct bench_data data;
    struct bench_arm arms[BENCH_ARMS_MAX];
    size_t n_arms;
    size_t baseline; /* index */
    char bin_dir[PATH_MAX];
    char temp_dir[PATH_MAX];        /* list, out, err, reference, manifest */
    char dest_dir[PATH_MAX];        /* "" until a copy needs it */
    uint64_t copy_first, copy_next; /* numbers of the copies that are kept */
    uint64_t keep_bytes;
    double removal_seconds;  /* of one copy: an estimate */
    double start;            /* bench_now */
    unsigned rounds_done[2]; /* by enum bench_cache */
    bool cut[2];             /* fewer rounds than asked for, for want of time */
    bool failed;             /* an arm failed or differed */
    char *warnings[BENCH_WARNINGS_MAX];
    size_t n_warnings;
};

/* -- abench.c -- */
double bench_now(void); /* seconds of the monotonic clock */
/* Keeps a warning for the report; the same text only once. */
void bench_warn(struct bench *bench, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* A name in the temporary directory, in one of a few static buffers. */
const char *bench_temp(const struct bench *bench, const char *name);

/* -- abench_options.c -- */
/* Fills in the options and the operands. Exits on a mistake. */
void bench_options_parse(struct bench *bench, int argc, char **argv);

/* -- abench_run.c -- */
extern volatile int bench_signal; /* INT or TERM that came, or 0 */
void bench_signals_catch(void);
/* Runs work in a fork and waits. Returns what it returned, 0 to 125, or 126 where it died. */
int bench_in_child(int (*work)(void *arg), void *arg);
/* Runs a command quietly and waits: its exit status, or 126. */
int bench_command(char *const argv[], bool quiet);
/* Runs an arm once, with dest (NULL but for a copy), for limit seconds at the most: fills in what
 * the run itself shows. Its output is in the temporary files "out" and "err". Returns 0 or -errno.
 */
int bench_run(struct bench *bench, struct bench_arm *arm, const char *dest, double limit,
              struct bench_sample *sample);

/* -- abench_arm.c -- */
/* Sets the arms up from the options. Exits on a mistake in them. */
void bench_arms_init(struct bench *bench);
/* The user's command with its braces filled in: malloc'd. */
char *bench_arm_command(const struct bench *bench, const struct bench_arm *arm, const char *dest);
void bench_arms_free(struct bench *bench);

/* -- abench_data.c -- */
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
    const uint8_t
        *digest; /* 32 bytes: of the content, or of a link's target; NULL: not asked for */
};
/* Calls each for every entry of the trees, in order. content: with digests of the files' bytes.
 * Returns 0, the first -errno (with its file's name in a message), or what each returned. */
int bench_walk(char *const *paths, size_t n_paths, bool content,
               int (*each)(const struct bench_entry *entry, void *arg), void *arg);

/* -- abench_cache.c -- */
/* Brings the data set into the state and measures what is resident: a part of 1, or NAN. */
int bench_cache_set(struct bench *bench, enum bench_cache cache, double *resident);
/* Takes one file's clean pages out of the cache. */
void bench_cache_evict_file(const char *path);

/* -- abench_dest.c -- */
/* Makes the directory of the copies; checks the space. Exits with a message where it cannot. */
void bench_dest_init(struct bench *bench);
/* A destination that does not exist yet (with several operands: an empty directory), after making
 * room for it. Returns 0 or -errno. */
int bench_dest_next(struct bench *bench, char path[PATH_MAX]);
/* Waits until all that was written to the copies' filesystem is on the device. */
int bench_dest_sync(const struct bench *bench);
void bench_dest_remove(struct bench *bench);

/* -- abench_verify.c -- */
/* Writes an entry of the source to the manifest; errors stay with the stream. */
void bench_manifest_put(FILE *file, const struct bench_entry *entry);
/* Writes the line that sha256sum would print. */
void bench_line_put(FILE *file, const struct bench_entry *entry);
/* Compares what the arm's last run produced with what it should be, and says what differs. */
enum bench_check bench_verify(struct bench *bench, struct bench_arm *arm,
                              const struct bench_sample *sample, const char *dest);

/* -- abench_stat.c -- */
/* Sorts values. q from 0 to 1; between two values it interpolates. NAN when there are none. */
double stat_quantile(double *values, size_t n, double q);
struct bench_summary bench_summarise(const struct bench *bench, size_t arm, enum bench_cache cache);
/* Whether an arm is faster than another, as far as the rounds can tell. */
bool bench_faster(const struct bench *bench, size_t arm, size_t other, enum bench_cache cache);
/* Whether the rounds show a difference from the baseline, and not only noise. */
bool bench_detectable(const struct bench_summary *summary);

/* -- abench_machine.c -- */
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
/* Part of the processors' time that the host took away since the machine started, and the total in
 * ticks: for a difference of two. */
void machine_steal(double *stolen, double *total);

/* -- abench_report.c, abench_why.c, abench_json.c -- */
void report_table(FILE *out, const struct bench *bench, const struct machine *machine);
void report_csv(FILE *out, const struct bench *bench);
/* Returns 0, or -1 where memory is short or the output fails. */
int report_json(FILE *out, const struct bench *bench, const struct machine *machine);
/* The resident part of the data set before the runs, where it was furthest from the state wanted.
 * NAN: not known. */
double report_resident(const struct bench *bench, enum bench_cache cache);
/* One line each, of what the figures say in one state of the cache: malloc'd. */
char *why_line(const struct bench *bench, const struct machine *machine, enum bench_cache cache);
char *use_line(const struct bench *bench, enum bench_cache cache);

#endif
