/* cli.c: messages, the common options and their values. See cli.h. */
#define _GNU_SOURCE
#include "cli.h"
#include "progress.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

enum {
    JOBS_MAX = 1024,
    DEPTH_MAX = 32768,          /* IORING_MAX_ENTRIES: no ring is longer */
    BLOCK_BYTES_MAX = 1u << 30, /* a request's length has 32 bits, and read(2) ends at 2 GiB */
};

const char *cli_name = "";
static int stdout_errno; /* why stdout failed first; 0: it did not, or the reason is not known */

void cli_start(char **argv)
{
    struct rlimit limit;

    if (argv[0])
        cli_name = argv[0];
    /* A standard descriptor that is closed would be given to the next file opened, and messages
     * would go into it. O_PATH keeps the place taken, and reading or writing it fails with EBADF
     * still. */
    for (int fd = 0; fd <= 2; fd++)
        if (fcntl(fd, F_GETFD) < 0 && open("/", O_PATH) < 0)
            exit(EXIT_FAILURE);
    /* Many files and directories are open together; the soft limit is there for programs that use
     * select(2). */
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < limit.rlim_max) {
        limit.rlim_cur = limit.rlim_max;
        (void)setrlimit(RLIMIT_NOFILE, &limit);
    }
}

void cli_stdout_failed(void)
{
    if (stdout_errno == 0)
        stdout_errno = errno;
}

static void __attribute__((format(printf, 2, 0))) message(int err, const char *format, va_list args)
{
    char *text = NULL;

    cli_progress_hide(STDERR_FILENO);
    if (fflush(stdout) != 0)
        cli_stdout_failed();
    if (vasprintf(&text, format, args) < 0)
        text = NULL;
    /* one call: stderr is not buffered, and threads' messages must not mix */
    fprintf(stderr, "%s: %s%s%s\n", cli_name, text ? text : "memory exhausted", err > 0 ? ": " : "",
            err > 0 ? strerror(err) : "");
    free(text);
}

void cli_message(int err, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    message(err, format, args);
    va_end(args);
    cli_progress_show(STDERR_FILENO);
}

void cli_fatal(int err, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    message(err, format, args); /* and no progress is shown any more */
    va_end(args);
    exit(EXIT_FAILURE);
}

void cli_try_help(void)
{
    fflush(stdout);
    fprintf(stderr, "Try '%s --help' for more information.\n", cli_name);
    exit(EXIT_FAILURE);
}

void cli_close_stdout(void)
{
    bool failed = ferror(stdout);

    if (fflush(stdout) != 0) {
        cli_stdout_failed();
        failed = true;
    }
    if (fclose(stdout) != 0) {
        cli_stdout_failed();
        /* closed from the start, and nothing was written: that is no loss */
        if (failed || errno != EBADF)
            failed = true;
    }
    if (failed) {
        fprintf(stderr, "%s: write error%s%s\n", cli_name, stdout_errno ? ": " : "",
                stdout_errno ? strerror(stdout_errno) : "");
        _exit(EXIT_FAILURE); /* exit would flush the closed stream */
    }
}

void cli_version(const char *program)
{
    printf("%s (aioutils) %s\nLicense MIT: there is NO WARRANTY, to the extent permitted by law.\n",
           program, AIOUTILS_VERSION);
    cli_close_stdout();
    exit(EXIT_SUCCESS);
}

int cli_match(const char *option, const char *argument, const char *const *choices,
              const int *groups)
{
    size_t len = strlen(argument);
    int found = -1;
    bool ambiguous = false;

    for (int i = 0; choices[i]; i++) {
        if (strcmp(choices[i], argument) == 0)
            return i;
        if (strncmp(choices[i], argument, len) != 0)
            continue;
        if (found >= 0 && (!groups || groups[i] != groups[found]))
            ambiguous = true;
        found = i;
    }
    if (found >= 0 && !ambiguous)
        return found;
    cli_message(0, "%s argument %s for %s", ambiguous ? "ambiguous" : "invalid",
                cli_quote_word(argument), cli_quote_word(option));
    fputs("Valid arguments are:", stderr);
    for (int i = 0; choices[i]; i++)
        fprintf(stderr, i > 0 && groups && groups[i] == groups[i - 1] ? ", %s" : "\n  - %s",
                cli_quote_word(choices[i]));
    fputc('\n', stderr);
    cli_try_help();
}

/* In the order of enum direct_mode, and of enum cli_progress_when. */
static const char *const direct_choices[] = {"auto", "always", "never", NULL};
static const char *const progress_choices[] = {"never", "auto", "always", NULL};
static const char *const stats_choices[] = {"text", "json", NULL};
static const char *const engine_choices[] = {"auto", "sync", "uring", NULL};

void cli_common_init(struct cli_common *common, const char *program)
{
    const char *engine = getenv("AIOUTILS_ENGINE");

    *common = (struct cli_common){.program = program,
                                  .engine = engine && *engine ? engine : "auto"};
}

static unsigned count_option(const char *option, const char *argument, unsigned max)
{
    unsigned count;

    if (cli_parse_count(argument, max, &count) < 0)
        cli_fatal(0, "invalid %s argument %s: a number from 1 to %u is expected", option,
                  cli_quote_word(argument), max);
    return count;
}

static size_t block_size_option(const char *argument)
{
    uint64_t bytes;
    int rc = cli_parse_size(argument, &bytes);

    if (rc == -ERANGE || (rc == 0 && bytes > BLOCK_BYTES_MAX))
        cli_fatal(0, "--block-size argument %s too large", cli_quote_word(argument));
    if (rc < 0 || bytes == 0)
        cli_fatal(0, "invalid --block-size argument %s", cli_quote_word(argument));
    return (size_t)bytes;
}

bool cli_common_option(struct cli_common *common, int option, const char *argument)
{
    switch (option) {
    case CLI_OPT_ENGINE:
        common->engine = engine_choices[cli_match("--engine", argument, engine_choices, NULL)];
        return true;
    case 'j':
        common->jobs = count_option("--jobs", argument, JOBS_MAX);
        return true;
    case CLI_OPT_DEPTH:
        common->opts.depth = count_option("--depth", argument, DEPTH_MAX);
        return true;
    case CLI_OPT_BLOCK_SIZE:
        common->opts.block_bytes = block_size_option(argument);
        return true;
    case CLI_OPT_DIRECT:
        common->opts.direct = (enum direct_mode)cli_match("--direct", argument, direct_choices,
                                                          NULL);
        return true;
    case CLI_OPT_PROGRESS:
        common->progress = CLI_PROGRESS_AUTO;
        if (argument)
            common->progress = (enum cli_progress_when)cli_match("--progress", argument,
                                                                 progress_choices, NULL);
        return true;
    case CLI_OPT_STATS:
        common->stats = STATS_TEXT;
        if (argument && cli_match("--stats", argument, stats_choices, NULL) == 1)
            common->stats = STATS_JSON;
        return true;
    case CLI_OPT_FILES0_FROM:
        common->files0_from = argument;
        return true;
    case CLI_OPT_EXCLUDE:
        if (exclude_add(&common->exclude, argument) < 0)
            cli_fatal(0, "memory exhausted");
        return true;
    case 'x':
        common->one_file_system = true;
        return true;
    default:
        return false;
    }
}

void cli_common_free(struct cli_common *common)
{
    exclude_free(common->exclude);
    common->exclude = NULL;
}

/* The multiplier that a suffix stands for; 0: none. */
static uint64_t suffix_multiplier(const char *suffix)
{
    static const char letters[] = "KMGTPE";
    const char *letter;
    uint64_t base, multiplier = 1;

    if (*suffix == 0)
        return 1;
    letter = strchr(letters, *suffix == 'k' ? 'K' : *suffix);
    if (!letter)
        return 0;
    if (suffix[1] == 0 || strcmp(suffix + 1, "iB") == 0)
        base = 1024;
    else if (strcmp(suffix + 1, "B") == 0)
        base = 1000;
    else
        return 0;
    for (const char *p = letters; p <= letter; p++)
        multiplier *= base;
    return multiplier;
}

int cli_parse_size(const char *text, uint64_t *bytes)
{
    unsigned long long number;
    uint64_t multiplier;
    char *end;

    if (*text < '0' || *text > '9') /* strtoull takes blanks and signs */
        return -EINVAL;
    errno = 0;
    number = strtoull(text, &end, 10);
    multiplier = suffix_multiplier(end);
    if (multiplier == 0)
        return -EINVAL;
    if (errno == ERANGE || __builtin_mul_overflow(number, multiplier, bytes))
        return -ERANGE;
    return 0;
}

int cli_parse_count(const char *text, unsigned max, unsigned *count)
{
    unsigned long number;
    char *end;

    if (*text < '0' || *text > '9')
        return -EINVAL;
    errno = 0;
    number = strtoul(text, &end, 10);
    if (*end != 0 || errno != 0 || number < 1 || number > max)
        return -EINVAL;
    *count = (unsigned)number;
    return 0;
}

struct digest *cli_digest_open(const char *name)
{
    struct digest *digest = digest_open(name);

    if (!digest && errno == ENOTSUP)
        cli_fatal(0,
                  "cannot compute %s: no active OpenSSL provider implements it "
                  "(see $OPENSSL_CONF and openssl.cnf)",
                  cli_quote(name));
    if (!digest && errno != ENOENT)
        cli_fatal(0, "memory exhausted");
    return digest;
}

unsigned cli_processors(void)
{
    cpu_set_t set;
    long online;

    /* those that this process may use: a container is often given fewer than there are */
    if (sched_getaffinity(0, sizeof(set), &set) == 0 && CPU_COUNT(&set) > 0)
        return (unsigned)CPU_COUNT(&set);
    online = sysconf(_SC_NPROCESSORS_ONLN);
    return online > 0 ? (unsigned)online : 1;
}

const struct engine *cli_engine(struct cli_common *common, const char **why)
{
    int error;
    const struct engine *engine = engine_find(common->engine, why, &error);

    if (engine) {
        /* the probe's ring could be made, the one that is needed perhaps cannot */
        common->opts.fallback = strcmp(common->engine, "auto") == 0 ? &engine_sync : NULL;
        return engine;
    }
    /* the option's values have been checked: an unknown name is the environment's */
    if (!*why)
        cli_fatal(0, "invalid value %s of $AIOUTILS_ENGINE: auto, sync or uring is expected",
                  cli_quote_word(common->engine));
    cli_fatal(-error, "engine '%s' cannot run here: %s", common->engine, *why);
}
