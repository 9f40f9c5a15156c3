/* cli.h: what every command has in common: its name in messages, quoting, the options of the
 * engines, sizes, the statistics at the end. Only cmd/ speaks and exits; core never does. */
#ifndef CMD_CLI_CLI_H
#define CMD_CLI_CLI_H

#include <getopt.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "../../core/digest/digest.h"
#include "../../core/engine.h"
#include "../../core/pipeline/exclude.h"

#define AIOUTILS_VERSION "0.1.0"

/* The name that messages start with: argv[0] as it was given, as GNU's are. */
extern const char *cli_name;
void cli_start(char **argv);

/* "name: text\n" on stderr, after what is waiting on stdout; err > 0 adds ": strerror(err)". */
void cli_message(int err, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* The same, then exit 1. */
void cli_fatal(int err, const char *format, ...) __attribute__((format(printf, 2, 3), noreturn));
/* "Try 'name --help' for more information." and exit 1. */
void cli_try_help(void) __attribute__((noreturn));
/* Closes stdout: exits 1 with "write error" where something of it was lost (full disk, /dev/full).
 */
void cli_close_stdout(void);
/* From here on signals that end the program remove what is unfinished (core/copy/unfinished.h)
 * first. Faults (SEGV, BUS, ABRT) and ignored signals stay as they are. Must be called before there
 * are threads. */
void cli_signals_install(void);
/* The same for the first process of a container, for which the kernel ignores signals that are left
 * to their default; does nothing otherwise. */
void cli_signals_install_as_init(void);
/* Returns true for a signal that does so: one whose default ends a process, but for faults. */
bool cli_signal_ends(int sig);
/* Ends the program by sig, or with status 128 + sig as the first process of a container. */
void cli_end_by_signal(int sig) __attribute__((noreturn));
/* To be called after a failed write to stdout, while errno says why: cli_close_stdout will say it.
 */
void cli_stdout_failed(void);

/* Quotes a name as GNU's messages do in the locale of the environment. All three return one of a
 * few static buffers that stay valid for several calls. cli_quote always quotes: 'a b';
 * cli_quote_maybe only what needs it (shell-escape style, with $'\n' for control characters and
 * what the locale cannot print; a ':' in it needs quoting when it stands before ": reason",
 * quotef). */
const char *cli_quote(const char *name);
const char *cli_quote_maybe(const char *name);
/* Quotes a word of the command line that is no name, in the locale's quotes. */
const char *cli_quote_word(const char *word);

/* The first character of a text in the locale of the environment. */
struct cli_char {
    size_t bytes;     /* at least 1 */
    unsigned columns; /* on a terminal; 1 if it is not printable */
    bool printable;
};
struct cli_char cli_char(const char *text, size_t len); /* len: at least 1 */
bool cli_utf8(void); /* returns whether the locale's characters are UTF-8 */

/* Options that all commands share. Long options from CLI_OPT_FIRST on are theirs. */
enum stats_format { STATS_NONE, STATS_TEXT, STATS_JSON };
enum cli_progress_when { CLI_PROGRESS_NEVER, CLI_PROGRESS_AUTO, CLI_PROGRESS_ALWAYS };

struct cli_common {
    const char *program; /* whatever name it is called by */
    const char *engine;  /* --engine, $AIOUTILS_ENGINE, "auto" */
    unsigned jobs;       /* 0: the command's default */
    enum stats_format stats;
    enum cli_progress_when progress; /* AUTO: where standard error is a terminal */
    const char *files0_from;         /* NULL, a file, or "-" */
    const char *digest; /* what a worker that computes is busy with; NULL: nothing of a name */
    struct engine_opts opts;
    /* of commands that walk trees: for struct walk_opts */
    struct exclude *exclude;
    bool one_file_system;
};

enum {
    CLI_OPT_ENGINE = 1000,
    CLI_OPT_DEPTH,
    CLI_OPT_BLOCK_SIZE,
    CLI_OPT_DIRECT,
    CLI_OPT_PROGRESS,
    CLI_OPT_STATS,
    CLI_OPT_FILES0_FROM,
    CLI_OPT_EXCLUDE,
    CLI_OPT_HELP,
    CLI_OPT_VERSION,
    CLI_OPT_FIRST, /* the command's own start here */
};

/* Entries for getopt_long; -j takes "j:" in the short options. */
#define CLI_LONG_OPTIONS                                                                         \
    {"engine", required_argument, NULL, CLI_OPT_ENGINE}, {"jobs", required_argument, NULL, 'j'}, \
        {"depth", required_argument, NULL, CLI_OPT_DEPTH},                                       \
        {"block-size", required_argument, NULL, CLI_OPT_BLOCK_SIZE},                             \
        {"direct", required_argument, NULL, CLI_OPT_DIRECT},                                     \
        {"progress", optional_argument, NULL, CLI_OPT_PROGRESS},                                 \
        {"stats", optional_argument, NULL, CLI_OPT_STATS},                                       \
        {"files0-from", required_argument, NULL, CLI_OPT_FILES0_FROM},                           \
        {"help", no_argument, NULL, CLI_OPT_HELP},                                               \
    {                                                                                            \
        "version", no_argument, NULL, CLI_OPT_VERSION                                            \
    }

/* For commands that walk trees; -x takes "x" in the short options. */
#define CLI_WALK_LONG_OPTIONS                              \
    {"exclude", required_argument, NULL, CLI_OPT_EXCLUDE}, \
    {                                                      \
        "one-file-system", no_argument, NULL, 'x'          \
    }

#define CLI_WALK_HELP                                                                  \
    "      --exclude=GLOB        leave out what matches; may be given several times\n" \
    "  -x, --one-file-system     stay on each operand's file system\n"

#define CLI_COMMON_HELP                                                                      \
    "      --engine=ENGINE       auto (default), sync or uring; also $AIOUTILS_ENGINE\n"     \
    "  -j, --jobs=N              workers\n"                                                  \
    "      --depth=N             files in flight per worker (uring)\n"                       \
    "      --block-size=SIZE     bytes per read of a large file\n"                           \
    "      --direct=WHEN         O_DIRECT: auto (default), always or never\n"                \
    "      --progress[=WHEN]     a line about it on standard error while it goes on: auto\n" \
    "                            (where that is a terminal), always or never (default)\n"    \
    "      --stats[=FORMAT]      counters on standard error at the end: text or json\n"      \
    "      --help                display this help and exit\n"                               \
    "      --version             output version information and exit\n"

/* getopt_long where abbreviations mean what they mean to GNU's command, whose options are the first
 * gnu_len of the table (CLI_GNU_OPTIONS_MAX at the most): what abbreviates one of these is not
 * looked for among ours. */
enum { CLI_GNU_OPTIONS_MAX = 63 };
int cli_getopt_long(int argc, char **argv, const char *short_options, const struct option *options,
                    size_t gnu_len);

/* Sets the defaults, and what the environment says. */
void cli_common_init(struct cli_common *common, const char *program);
/* Takes one option of the common ones: true if it was one. Bad values end the program. */
bool cli_common_option(struct cli_common *common, int option, const char *argument);
void cli_common_free(struct cli_common *common);
void cli_version(const char *program); /* prints and exits 0 */

/* The index of an option's argument in the NULL-ended choices; unambiguous beginnings will do, as
 * for GNU's. groups: numbers, equal for choices that mean the same, or NULL. Ends the program with
 * the list of choices where there is none such. */
int cli_match(const char *option, const char *argument, const char *const *choices,
              const int *groups);

/* "64K", "1MiB", "1MB" (decimal), "4096": bytes. Returns 0, -EINVAL or -ERANGE. */
int cli_parse_size(const char *text, uint64_t *bytes);
/* A number from 1 to max. Returns 0 or -EINVAL. */
int cli_parse_count(const char *text, unsigned max, unsigned *count);

/* digest_open; exits if it cannot be used. NULL: there is none of that name. */
struct digest *cli_digest_open(const char *name);

/* Online processors, at least 1. */
unsigned cli_processors(void);
/* The engine that the options ask for; exits with the reason where it cannot run. *why is set when
 * auto fell back; else auto may fall back later (opts.fallback). */
const struct engine *cli_engine(struct cli_common *common, const char **why);
/* What bound a run, in a word for programs and in a line for people. */
struct cli_bottleneck {
    const char *by; /* "cpu", "device", "latency", "names", "both", "nothing" */
    char text[240];
};
struct cli_bottleneck cli_bottleneck(const struct cli_common *common, const struct engine *engine,
                                     const struct stats *stats, double in_flight_mean);
/* The reason for falling back later, in words: static memory. */
const char *cli_fell_back(int status);
/* Prints the counters where --stats asks for them. seconds: the whole run's, by the clock. */
void cli_print_stats(const struct cli_common *common, const struct engine *engine, const char *why,
                     const struct stats *stats, double seconds);

/* Reads NUL-ended names from a file ("-": standard input), one after the other. */
struct names0;
enum {
    NAMES0_END,
    NAMES0_NAME,
    NAMES0_EMPTY, /* a name of zero length */
    NAMES0_STDIN, /* the name "-" in a list that comes from standard input itself */
};
/* Returns 0 or -errno. */
int names0_open(struct names0 **names, const char *path);
/* Opens the list of --files0-from; exits where it cannot be, or where there are operands, too. */
struct names0 *names0_of_option(const struct cli_common *common, char *const *operands);
/* One of NAMES0_*; -errno: a read error. With NAMES0_NAME: the next name (never empty; valid until
 * the next call). */
int names0_next(struct names0 *names, const char **name, size_t *len);
uint64_t names0_line(const struct names0 *names); /* number of the name last returned, from 1 */
/* Says what is wrong, where names0_next returned neither a name nor the end. */
void names0_report(const char *path, uint64_t line, int got);
void names0_close(struct names0 *names); /* takes NULL */

#endif
