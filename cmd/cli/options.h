/* options.h: the options that all commands share. */
#ifndef CMD_CLI_OPTIONS_H
#define CMD_CLI_OPTIONS_H

#include <getopt.h>
#include <stdbool.h>
#include <stddef.h>

#include "../../core/engine.h"
#include "../../core/pipeline/exclude.h"

/* The values of --jobs, --depth and --block-size: from 1 to these. */
enum {
    CLI_JOBS_MAX = 1024,
    CLI_DEPTH_MAX = 32768,          /* IORING_MAX_ENTRIES: no ring is longer */
    CLI_BLOCK_BYTES_MAX = 1u << 30, /* a request's length has 32 bits, and read(2) ends at 2 GiB */
};
#define CLI_BLOCK_SIZES "a size from 1 to 1G"

enum stats_format { STATS_NONE, STATS_TEXT, STATS_JSON };
enum cli_progress_when { CLI_PROGRESS_NEVER, CLI_PROGRESS_AUTO, CLI_PROGRESS_ALWAYS };

struct cli_common {
    const char *program; /* "acp", under whatever name it runs */
    const char *engine;  /* --engine, $AIOUTILS_ENGINE, "auto" */
    unsigned jobs;       /* 0: the command's default */
    enum stats_format stats;
    enum cli_progress_when progress; /* AUTO: if standard error is a terminal */
    bool progress_by_environment;    /* and not by --progress */
    const char *files0_from;         /* NULL, a file, or "-" */
    const char *digest; /* name of the digest being computed, for --stats; NULL if none */
    struct engine_opts opts;
    /* for struct walk_opts, of commands that walk trees */
    struct exclude *exclude;
    bool one_file_system;
    bool one_worker;      /* --jobs has no effect */
    bool only_stdin;      /* the command reads standard input by itself, and nothing else */
    bool few_small_files; /* cli_engine has found that there is nothing to overlap */
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

#define CLI_WALK_HELP                                                                 \
    "      --exclude=GLOB        skip files and directories that match; repeatable\n" \
    "  -x, --one-file-system     stay on each operand's file system\n"

#define CLI_COMMON_HELP                                                                  \
    "      --engine=ENGINE       auto (default), sync or uring; also $AIOUTILS_ENGINE\n" \
    "  -j, --jobs=N              workers\n"                                              \
    "      --depth=N             files in flight per worker (uring)\n"                   \
    "      --block-size=SIZE     bytes per read of a large file\n"                       \
    "      --direct=WHEN         O_DIRECT: auto (default), always or never\n"            \
    "      --progress[=WHEN]     show progress on standard error: auto (if it is a\n"    \
    "                            terminal), always or never (default); also\n"           \
    "                            $AIOUTILS_PROGRESS=1 for auto\n"                        \
    "      --stats[=FORMAT]      counters on standard error at the end: text or json\n"  \
    "      --help                display this help and exit\n"                           \
    "      --version             output version information and exit\n"

/* Calls getopt_long with GNU's options alone, the first gnu_len of the table (at most
 * CLI_GNU_OPTIONS_MAX), if the next option abbreviates one of them. Abbreviations then mean what
 * they mean to GNU's command. An unknown option that resembles one is followed by a hint. */
enum { CLI_GNU_OPTIONS_MAX = 63 };
int cli_getopt_long(int argc, char **argv, const char *short_options, const struct option *options,
                    size_t gnu_len);

/* Sets the defaults, and what the environment says. */
void cli_common_init(struct cli_common *common, const char *program);
/* Takes an option if it is one of the common ones. Returns true if it was. Bad values end the
 * program.
 */
bool cli_common_option(struct cli_common *common, int option, const char *argument);
void cli_common_free(struct cli_common *common);

/* Parses a value of --block-size. Returns 0, or -errno if it is none. */
int cli_parse_block_size(const char *text, uint64_t *bytes);
/* Returns an option's number from 1 to max. Prints what is wrong with another value, and exits. */
unsigned cli_count_option(const char *option, const char *argument, unsigned max);
/* Returns an option's size above 0. Prints what is expected if it is none, and exits. */
uint64_t cli_size_option(const char *option, const char *argument, const char *expected);

/* Returns the index of an option's argument in the NULL-ended choices. An unambiguous beginning is
 * enough, as for GNU's. groups: numbers, equal for choices that mean the same, or NULL.
 * If there is no such choice, prints the list of choices and exits. */
int cli_match(const char *option, const char *argument, const char *const *choices,
              const int *groups);

#endif
