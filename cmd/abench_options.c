/* abench_options.c: abench's command line. */
#define _GNU_SOURCE
#include "abench.h"
#include "cli.h"

#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum {
    OPT_COLD = CLI_OPT_FIRST,
    OPT_WARM,
    OPT_CACHE,
    OPT_DROP_CACHES,
    OPT_DURABLE,
    OPT_VERIFY,
    OPT_PAIRS,
    OPT_TIME,
    OPT_SEED,
    OPT_THREADS,
    OPT_ARM,
    OPT_ARMS,
    OPT_BASELINE,
    OPT_DEST,
    OPT_KEEP_SPACE,
    OPT_SETTLE,
    OPT_JSON,
    OPT_CSV,
    SECONDS_MAX = 1000000,
    SETTLE_MAX = 3600,
};

static const struct option long_options[] = {
    {"cold", no_argument, NULL, OPT_COLD},
    {"warm", no_argument, NULL, OPT_WARM},
    {"cache", required_argument, NULL, OPT_CACHE},
    {"drop-caches", no_argument, NULL, OPT_DROP_CACHES},
    {"durable", no_argument, NULL, OPT_DURABLE},
    {"verify", required_argument, NULL, OPT_VERIFY},
    {"pairs", required_argument, NULL, OPT_PAIRS},
    {"time", required_argument, NULL, OPT_TIME},
    {"seed", required_argument, NULL, OPT_SEED},
    {"threads", required_argument, NULL, OPT_THREADS},
    {"arm", required_argument, NULL, OPT_ARM},
    {"arms", required_argument, NULL, OPT_ARMS},
    {"baseline", required_argument, NULL, OPT_BASELINE},
    {"dest", required_argument, NULL, OPT_DEST},
    {"keep-space", required_argument, NULL, OPT_KEEP_SPACE},
    {"settle", required_argument, NULL, OPT_SETTLE},
    {"json", optional_argument, NULL, OPT_JSON},
    {"csv", optional_argument, NULL, OPT_CSV},
    {"help", no_argument, NULL, CLI_OPT_HELP},
    {"version", no_argument, NULL, CLI_OPT_VERSION},
    {NULL, 0, NULL, 0},
};

static void usage(void)
{
    printf("Usage: %s read|hash|copy [OPTION]... PATH...\n", cli_name);
    fputs(
        "Compares blocking calls and io_uring on the files in PATH, and says which to use and "
        "why.\n"
        "\n"
        "      --cache=STATE         cold (default), warm or both; also --cold, --warm\n"
        "      --drop-caches         cold: drop the whole machine's caches, names and inodes too\n"
        "      --settle=SECONDS      cold: wait so long between emptying the cache and the run\n"
        "      --pairs=N             rounds, each with every arm once, in random order (5)\n"
        "      --time=SECONDS        budget for everything (100)\n"
        "      --seed=N              of the random order\n"
        "      --threads=N[,N]...    workers of the blocking arms beside the single one (16)\n"
        "      --arms=LIST           of sync, sync-jN, uring, uring-jN, uring-direct,\n"
        "                              uring-buffered\n"
        "      --arm='NAME=COMMAND'  one more, run by sh: {src} stands for the PATHs, {dst} for a\n"
        "                              fresh destination, {list} for a file of names, NUL-ended\n"
        "      --baseline=NAME       the arm that ratios refer to (the first)\n"
        "      --durable             copy: the time includes writing everything to the device\n"
        "      --dest=DIR            copy: where copies go (beside the first PATH)\n"
        "      --keep-space=SIZE     copy: space for copies until the oldest go (half of the "
        "free)\n"
        "      --verify=first|all    compare contents of an arm's first copy, or of every one\n"
        "      --json[=FILE]         every sample; --csv[=FILE] likewise\n"
        "      --help                display this help and exit\n"
        "      --version             output version information and exit\n"
        "\n"
        "Exit status: 0, or 1 where an arm failed or gave another result than the others.\n",
        stdout);
}

static void bad_argument(const char *option, const char *argument)
{
    cli_message(0, "invalid argument %s for '--%s'", cli_quote(argument), option);
    cli_try_help();
}

static void set_cache(struct bench_options *opts, const char *argument)
{
    bool both = strcmp(argument, "both") == 0;

    opts->cold = both || strcmp(argument, "cold") == 0;
    opts->warm = both || strcmp(argument, "warm") == 0;
    if (!opts->cold && !opts->warm)
        bad_argument("cache", argument);
}

static void set_number(struct bench_options *opts, int option, const char *argument)
{
    char *end;
    unsigned count;

    errno = 0;
    switch (option) {
    case OPT_PAIRS:
        if (cli_parse_count(argument, BENCH_ROUNDS_MAX, &opts->rounds) < 0)
            bad_argument("pairs", argument);
        break;
    case OPT_TIME:
        if (cli_parse_count(argument, SECONDS_MAX, &count) < 0)
            bad_argument("time", argument);
        opts->budget = count;
        break;
    case OPT_SEED:
        opts->seed = strtoull(argument, &end, 10);
        if (errno || *end || end == argument || *argument == '-')
            bad_argument("seed", argument);
        break;
    case OPT_SETTLE:
        if (cli_parse_count(argument, SETTLE_MAX, &opts->settle) < 0)
            bad_argument("settle", argument);
        break;
    case OPT_KEEP_SPACE:
        if (cli_parse_size(argument, &opts->keep_bytes) < 0)
            bad_argument("keep-space", argument);
        break;
    }
}

static void set_option(struct bench_options *opts, int option)
{
    switch (option) {
    case OPT_COLD:
        set_cache(opts, "cold");
        break;
    case OPT_WARM:
        set_cache(opts, "warm");
        break;
    case OPT_CACHE:
        set_cache(opts, optarg);
        break;
    case OPT_DROP_CACHES:
        opts->drop_caches = true;
        break;
    case OPT_DURABLE:
        opts->durable = true;
        break;
    case OPT_THREADS:
        opts->threads = optarg;
        break;
    case OPT_ARMS:
        opts->arms = optarg;
        break;
    case OPT_BASELINE:
        opts->baseline = optarg;
        break;
    case OPT_DEST:
        opts->dest = optarg;
        break;
    case OPT_JSON:
        opts->json = optarg ? optarg : "-";
        break;
    case OPT_CSV:
        opts->csv = optarg ? optarg : "-";
        break;
    case OPT_ARM:
        opts->commands[opts->n_commands++] = optarg;
        break;
    case OPT_VERIFY:
        opts->verify_all = strcmp(optarg, "all") == 0;
        if (!opts->verify_all && strcmp(optarg, "first") != 0)
            bad_argument("verify", optarg);
        break;
    case CLI_OPT_HELP:
        usage();
        cli_close_stdout();
        exit(0);
    case CLI_OPT_VERSION:
        cli_version("abench");
        break;
    case '?':
        cli_try_help();
    default:
        set_number(opts, option, optarg);
    }
}

static void *need(void *memory)
{
    if (!memory)
        cli_fatal(0, "memory exhausted");
    return memory;
}

static void set_operation(struct bench_options *opts, const char *name)
{
    static const char *const names[] = {
        [BENCH_READ] = "read", [BENCH_HASH] = "hash", [BENCH_COPY] = "copy"};

    for (unsigned i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (strcmp(names[i], name) == 0) {
            opts->operation = i;
            return;
        }
    }
    cli_message(0, "there is no %s: read, hash or copy", cli_quote(name));
    cli_try_help();
}

/* The operand as arms get it. A symbolic link is resolved, because cp -r would copy the link; so
 * are
 * '.' and '..', which have no name that a copy could have. */
static char *operand(const char *given)
{
    char *path = need(strdup(given)), *text = NULL;
    size_t len = strlen(path);
    struct stat st;

    if (stat(path, &st) < 0)
        cli_fatal(errno, "%s", cli_quote_maybe(path));
    if (!S_ISREG(st.st_mode) && !S_ISDIR(st.st_mode))
        cli_fatal(0, "%s: neither a file nor a directory", cli_quote_maybe(path));
    while (len > 1 && path[len - 1] == '/')
        path[--len] = '\0';

    const char *slash = strrchr(path, '/');
    const char *last = slash ? slash + 1 : path;
    if ((lstat(path, &st) == 0 && S_ISLNK(st.st_mode)) || strcmp(last, ".") == 0 ||
        strcmp(last, "..") == 0) {
        text = realpath(path, NULL);
        if (!text)
            cli_fatal(errno, "%s", cli_quote_maybe(path));
    } else if (asprintf(&text, "%s%s", path[0] == '-' ? "./" : "", path) < 0) {
        cli_fatal(0, "memory exhausted");
    }
    free(path);
    return text;
}

void bench_options_parse(struct bench *bench, int argc, char **argv)
{
    struct bench_options *opts = &bench->opts;
    int option;

    *opts = (struct bench_options){.cold = true, .rounds = 5, .budget = 100, .threads = "16"};
    opts->seed = (uint64_t)time(NULL) % 1000000;
    opts->commands = need(calloc((size_t)argc, sizeof(char *)));
    while ((option = getopt_long(argc, argv, "", long_options, NULL)) != -1)
        set_option(opts, option);
    if (optind == argc) {
        cli_message(0, "missing operand: read, hash or copy");
        cli_try_help();
    }
    set_operation(opts, argv[optind++]);
    if (optind == argc) {
        cli_message(0, "missing operand: a file or directory");
        cli_try_help();
    }
    if (opts->drop_caches && geteuid() != 0)
        cli_fatal(0, "--drop-caches needs root; without it the files are still evicted");
    if (opts->json && opts->csv && strcmp(opts->json, "-") == 0 && strcmp(opts->csv, "-") == 0)
        cli_fatal(0, "--json and --csv cannot both go to standard output");

    bench->data.paths = need(calloc((size_t)(argc - optind), sizeof(char *)));
    for (int i = optind; i < argc; i++)
        bench->data.paths[bench->data.n_paths++] = operand(argv[i]);
}
