/* options.c: abench's command line. */
#define _GNU_SOURCE
#include "options.h"
#include "combined.h"
#include "operands.h"
#include "outputs.h"
#include "lesson/lesson.h"
#include "measure/parameters.h"
#include "measure/sweep.h"
#include "../cli/messages.h"
#include "../cli/options.h"
#include "../cli/quote.h"
#include "../cli/sizes.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
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
    OPT_RUNS,
    OPT_WARMUP,
    OPT_SETUP,
    OPT_PREPARE,
    OPT_CLEANUP,
    OPT_TIME,
    OPT_SEED,
    OPT_THREADS,
    OPT_ARM,
    OPT_ARMS,
    OPT_BOUND,
    OPT_BASELINE,
    OPT_DEST,
    OPT_KEEP_SPACE,
    OPT_SETTLE,
    OPT_JSON,
    OPT_CSV,
    OPT_MARKDOWN,
    OPT_HTML,
    OPT_PRECISION,
    OPT_PATTERN,
    OPT_BYTES,
    OPT_WRITE,
    OPT_FSYNC,
    OPT_SIZE,
    OPT_DESTROY_DATA,
    OPT_SWEEP,
    OPT_PLOT,
    OPT_COMPARE,
    OPT_NO_PROBE,
    OPT_DETAILS,
    OPT_REQUIRE_ANSWER,
    OPT_SOURCE,
    OPT_PARAMETER_LIST,
    OPT_LAST,
    SECONDS_MAX = 1000000,
    SETTLE_MAX = 3600,
    PERCENT_MAX = 100,
    FSYNC_MAX = 1000000000,
    /* From 6 rounds on an interval can be trusted (stat.c). Its width shrinks with the root of
       their number, so that fifty more rounds would change little. */
    ROUNDS_USUAL_MIN = 7,
    ROUNDS_USUAL_MAX = 50,
};

static const struct option long_options[] = {
    {"cold", no_argument, NULL, OPT_COLD},
    {"warm", no_argument, NULL, OPT_WARM},
    {"cache", required_argument, NULL, OPT_CACHE},
    {"drop-caches", no_argument, NULL, OPT_DROP_CACHES},
    {"durable", no_argument, NULL, OPT_DURABLE},
    {"verify", required_argument, NULL, OPT_VERIFY},
    {"pairs", required_argument, NULL, OPT_PAIRS},
    {"runs", required_argument, NULL, OPT_RUNS},
    {"warmup", required_argument, NULL, OPT_WARMUP},
    {"setup", required_argument, NULL, OPT_SETUP},
    {"prepare", required_argument, NULL, OPT_PREPARE},
    {"cleanup", required_argument, NULL, OPT_CLEANUP},
    {"time", required_argument, NULL, OPT_TIME},
    {"seed", required_argument, NULL, OPT_SEED},
    {"threads", required_argument, NULL, OPT_THREADS},
    {"arm", required_argument, NULL, OPT_ARM},
    {"bound", required_argument, NULL, OPT_BOUND},
    {"arms", required_argument, NULL, OPT_ARMS},
    {"baseline", required_argument, NULL, OPT_BASELINE},
    {"dest", required_argument, NULL, OPT_DEST},
    {"keep-space", required_argument, NULL, OPT_KEEP_SPACE},
    {"settle", required_argument, NULL, OPT_SETTLE},
    {"json", optional_argument, NULL, OPT_JSON},
    {"csv", optional_argument, NULL, OPT_CSV},
    {"markdown", optional_argument, NULL, OPT_MARKDOWN},
    {"html", required_argument, NULL, OPT_HTML},
    {"precision", required_argument, NULL, OPT_PRECISION},
    {"depth", required_argument, NULL, CLI_OPT_DEPTH},
    {"block-size", required_argument, NULL, CLI_OPT_BLOCK_SIZE},
    {"direct", required_argument, NULL, CLI_OPT_DIRECT},
    {"pattern", required_argument, NULL, OPT_PATTERN},
    {"bytes", required_argument, NULL, OPT_BYTES},
    {"write", required_argument, NULL, OPT_WRITE},
    {"fsync", required_argument, NULL, OPT_FSYNC},
    {"size", required_argument, NULL, OPT_SIZE},
    {"destroy-data", no_argument, NULL, OPT_DESTROY_DATA},
    {"sweep", required_argument, NULL, OPT_SWEEP},
    {"plot", required_argument, NULL, OPT_PLOT},
    {"compare", required_argument, NULL, OPT_COMPARE},
    {"no-probe", no_argument, NULL, OPT_NO_PROBE},
    {"details", no_argument, NULL, OPT_DETAILS},
    {"parameter-list", required_argument, NULL, OPT_PARAMETER_LIST},
    {"source", no_argument, NULL, OPT_SOURCE},
    {"require-answer", no_argument, NULL, OPT_REQUIRE_ANSWER},
    {"help", no_argument, NULL, CLI_OPT_HELP},
    {"version", no_argument, NULL, CLI_OPT_VERSION},
    {NULL, 0, NULL, 0},
};

static void usage(void)
{
    printf("Usage: %s read|hash|copy [OPTION]... PATH...\n  or:  %s lesson [NUMBER] [OPTION]...\n",
           cli_name, cli_name);
    fputs("Compare blocking calls and io_uring on the files in PATH, and report which to\n"
          "use and why; or show on slow files what a ring can do and what it cannot.\n"
          "\n"
          "What is measured:\n"
          "      --cache=STATE         cold (default), warm or both; also --cold, --warm\n"
          "      --drop-caches         cold: drop all caches, also of names and inodes\n"
          "      --settle=SECONDS      cold: wait between emptying the cache and the run\n"
          "      --threads=N[,N]...    workers of the multi-threaded blocking arms (16)\n"
          "      --arms=LIST           sync, uring, also with -jN, -direct, -buffered\n"
          "      --arm='NAME=COMMAND'  add a command, run by sh: {src} stands for the\n"
          "                              PATHs, {dst} for a fresh destination, {list} for a\n"
          "                              file of NUL-terminated names\n"
          "      --bound='NAME=COMMAND'  likewise, as an upper limit that is not compared\n"
          "  -L, --parameter-list=NAME=VALUE,...  repeat each --arm that contains {NAME}\n"
          "                              with each VALUE, and the commands around the runs\n"
          "      --baseline=NAME       the arm that ratios refer to (the first)\n"
          "      --depth=N  --block-size=SIZE  --direct=WHEN   for all built-in arms\n"
          "      --sweep=LIST          a ring arm for each combination of values, and the\n"
          "                              knee: depth=1,2,4,block-size=4K,64K,jobs=1,2\n"
          "      --pattern=PATTERN     read: one large file in random or sequential blocks;\n"
          "                              random: with 1, 4, 16 and 64 reads in flight,\n"
          "                              and as many threads\n"
          "      --bytes=SIZE          read: amount of the pattern to read (random: 128M)\n"
          "      --write=PERCENT       read: write so many of the blocks, of a new file\n"
          "      --fsync=N             with --write: an fsync after every N writes\n"
          "      --size=SIZE           with --write: size of the file (1G)\n"
          "      --destroy-data        with --write: overwrite the block device PATH\n"
          "      --durable             copy: include the sync to disk in the time\n"
          "      --dest=DIR            copy: parent of the copies (that of the first PATH)\n"
          "      --keep-space=SIZE     copy: space for copies; beyond it the oldest are\n"
          "                              deleted (half of the free space)\n"
          "      --verify=first|all    copy: compare the contents of each arm's first copy\n"
          "                              (first), or of all\n"
          "How long:\n"
          "      --precision=PERCENT   run rounds until the interval of each ratio is this\n"
          "                              narrow (5), or the time limit is reached\n"
          "      --pairs=N, --runs=N   run exactly N rounds of all arms, in random order\n"
          "      --warmup=N            run N rounds first that are not counted\n"
          "      --time=SECONDS        time limit for everything (100)\n"
          "      --seed=N              seed of the random order\n"
          "      --no-probe            do not predict the gain from a short probe\n"
          "Around the runs:\n"
          "      --setup=COMMAND       run it once, before everything else\n"
          "      --prepare=COMMAND     run it before each run; $ABENCH_ARM: the arm's name\n"
          "      --cleanup=COMMAND     run it at the end, also after an error or a signal\n"
          "Output:\n"
          "      --details             print every figure and the evidence\n"
          "      --json[=FILE]         every sample as JSON; --csv[=FILE] as CSV\n"
          "      --markdown[=FILE]     the answer and the table as Markdown\n"
          "      --html=FILE           the report with charts as one web page\n"
          "      --plot=FILE           draw FILE.svg or FILE.png; needs gnuplot\n"
          "      --require-answer      exit with 4 if the answer is CANNOT TELL\n"
          "      --source              lesson NUMBER: print its small program (1 to 5)\n"
          "      --compare=OLD         fail if an arm is slower than in this --json report\n"
          "      --help                display this help and exit\n"
          "      --version             output version information and exit\n"
          "\n"
          "Exit status: 0 if it was measured; 1 if an arm failed or gave a different\n"
          "result; 2 if the usage is wrong or nothing could be measured; 3 if an arm is\n"
          "slower than in the report of --compare; 4 if there is no answer and\n"
          "--require-answer was given.\n",
          stdout);
}

/* Ends the program because an option's argument is not what was expected. */
static void __attribute__((noreturn))
bad_argument(const char *option, const char *argument, const char *expected)
{
    cli_message(0, "invalid argument %s for '--%s'; expected %s", cli_quote(argument), option,
                expected);
    cli_try_help();
}

static void set_cache(struct bench_options *opts, const char *argument)
{
    bool both = strcmp(argument, "both") == 0;

    opts->cold = both || strcmp(argument, "cold") == 0;
    opts->warm = both || strcmp(argument, "warm") == 0;
    if (!opts->cold && !opts->warm)
        bad_argument("cache", argument, "cold, warm or both");
}

/* Returns a number from 1 to max. */
static unsigned number_of(const char *what, const char *option, const char *argument, unsigned max)
{
    char expected[96];
    unsigned count;

    snprintf(expected, sizeof(expected), "%s from 1 to %u", what, max);
    if (cli_parse_count(argument, max, &count) < 0)
        bad_argument(option, argument, expected);
    return count;
}

static unsigned count_of(const char *option, const char *argument, unsigned max)
{
    return number_of("a number", option, argument, max);
}

static unsigned seconds_of(const char *option, const char *argument, unsigned max)
{
    return number_of("a number of seconds", option, argument, max);
}

static uint64_t size_of(const char *option, const char *argument, uint64_t min)
{
    uint64_t bytes;

    if (cli_parse_size(argument, &bytes) < 0 || bytes < min)
        bad_argument(option, argument, min ? "a size above 0, such as 64K" : "a size, such as 1G");
    return bytes;
}

static double precision_of(const char *argument)
{
    char *end;

    errno = 0;
    double percent = strtod(argument, &end);
    if (errno || *end || end == argument || !(percent > 0) || percent > 100)
        bad_argument("precision", argument, "a percentage above 0, up to 100");
    return percent / 100;
}

static uint64_t seed_of(const char *argument)
{
    char *end;

    errno = 0;
    uint64_t seed = strtoull(argument, &end, 10);
    if (errno || *end || end == argument || *argument == '-' || seed > INT64_MAX)
        bad_argument("seed", argument, "a number from 0 to 9223372036854775807");
    return seed;
}

static void set_number(struct bench_options *opts, int option, const char *argument)
{
    uint64_t bytes;

    switch (option) {
    case OPT_PAIRS:
    case OPT_RUNS:
        opts->rounds = opts->rounds_min = count_of(option == OPT_RUNS ? "runs" : "pairs", argument,
                                                   BENCH_ROUNDS_MAX);
        break;
    case OPT_WARMUP:
        opts->warmup = count_of("warmup", argument, BENCH_ROUNDS_MAX);
        break;
    case OPT_PRECISION:
        opts->precision = precision_of(argument);
        break;
    case OPT_BYTES:
        opts->pattern_bytes = size_of("bytes", argument, 1);
        break;
    case OPT_WRITE:
        opts->write_percent = count_of("write", argument, PERCENT_MAX);
        break;
    case OPT_FSYNC:
        opts->fsync_every = count_of("fsync", argument, FSYNC_MAX);
        break;
    case OPT_SIZE:
        opts->size = size_of("size", argument, 1);
        break;
    case CLI_OPT_DEPTH:
        (void)number_of("a number (or --sweep=depth=N,N...)", "depth", argument, CLI_DEPTH_MAX);
        opts->depth = argument;
        break;
    case CLI_OPT_BLOCK_SIZE:
        if (cli_parse_block_size(argument, &bytes) < 0)
            bad_argument("block-size", argument,
                         CLI_BLOCK_SIZES " (or --sweep=block-size=SIZE,SIZE...)");
        opts->block_size = argument;
        break;
    case OPT_TIME:
        opts->budget = seconds_of("time", argument, SECONDS_MAX);
        break;
    case OPT_SEED:
        opts->seed = seed_of(argument);
        break;
    case OPT_SETTLE:
        opts->settle = seconds_of("settle", argument, SETTLE_MAX);
        break;
    case OPT_KEEP_SPACE:
        opts->keep_bytes = size_of("keep-space", argument, 0);
        break;
    }
}

/* Finds where an option's text goes. Returns NULL if it is not such an option. */
static const char **text_of(struct bench_options *opts, int option)
{
    switch (option) {
    case OPT_THREADS:
        return &opts->threads;
    case OPT_ARMS:
        return &opts->arms;
    case OPT_BASELINE:
        return &opts->baseline;
    case OPT_DEST:
        return &opts->dest;
    case OPT_SETUP:
        return &opts->setup;
    case OPT_PREPARE:
        return &opts->prepare;
    case OPT_CLEANUP:
        return &opts->cleanup;
    case OPT_JSON:
        return &opts->json;
    case OPT_CSV:
        return &opts->csv;
    case OPT_MARKDOWN:
        return &opts->markdown;
    case OPT_HTML:
        return &opts->html;
    case OPT_PLOT:
        return &opts->plot;
    case OPT_COMPARE:
        return &opts->compare;
    case OPT_SWEEP:
        return &opts->sweep;
    case OPT_PATTERN:
        return &opts->pattern;
    case CLI_OPT_DIRECT:
        return &opts->direct;
    }
    return NULL;
}

static bool set_text(struct bench_options *opts, int option)
{
    const char **text = text_of(opts, option);

    if (!text)
        return false;
    if (option == OPT_PATTERN && strcmp(optarg, "random") != 0 && strcmp(optarg, "sequential") != 0)
        bad_argument("pattern", optarg, "random or sequential");
    if (option == CLI_OPT_DIRECT && strcmp(optarg, "auto") != 0 && strcmp(optarg, "always") != 0 &&
        strcmp(optarg, "never") != 0)
        bad_argument("direct", optarg, "auto, always or never");
    *text = outputs_path(optarg); /* only --json and the like may be without an argument */
    return true;
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
    case OPT_NO_PROBE:
        opts->no_probe = true;
        break;
    case OPT_DETAILS:
        opts->details = true;
        break;
    case OPT_REQUIRE_ANSWER:
        opts->require_answer = true;
        break;
    case OPT_DESTROY_DATA:
        opts->destroy_data = true;
        break;
    case OPT_SOURCE:
        opts->source = true;
        break;
    case OPT_ARM:
    case OPT_BOUND:
        opts->commands[opts->n_commands++] = (struct bench_command_option){
            .text = optarg, .ceiling = option == OPT_BOUND};
        break;
    case OPT_PARAMETER_LIST:
        parameters_add(opts, optarg);
        break;
    case OPT_VERIFY:
        opts->verify_all = strcmp(optarg, "all") == 0;
        if (!opts->verify_all && strcmp(optarg, "first") != 0)
            bad_argument("verify", optarg, "first or all");
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
        if (!set_text(opts, option))
            set_number(opts, option, optarg);
    }
}

/* Ends the program if an option that only some operations have was given to another one. */
static void check_given(const struct bench_options *opts, const bool *given)
{
    static const int of_copy[] = {OPT_DURABLE, OPT_VERIFY, OPT_DEST, OPT_KEEP_SPACE};

    for (const struct option *option = long_options; option->name; option++) {
        if (!given[option->val - CLI_OPT_ENGINE])
            continue;
        if (opts->lesson && option->val != OPT_JSON && option->val != OPT_SOURCE)
            cli_fatal(0, "--%s cannot be used with lesson", option->name);
        if (!opts->lesson && option->val == OPT_SOURCE)
            cli_fatal(0, "--source can only be used with lesson");
        if (opts->write_percent == 0 && option->val >= OPT_FSYNC && option->val <= OPT_DESTROY_DATA)
            cli_fatal(0, "--%s requires --write", option->name);
        for (size_t i = 0; i < sizeof(of_copy) / sizeof(*of_copy); i++)
            if (option->val == of_copy[i] && opts->operation != BENCH_COPY)
                cli_fatal(0, "--%s can only be used with copy", option->name);
    }
}

void options_parse(struct bench *bench, int argc, char **argv)
{
    struct bench_options *opts = &bench->opts;
    bool given[OPT_LAST - CLI_OPT_ENGINE] = {false};
    int option;

    *opts = (struct bench_options){
        .cold = true, .rounds = ROUNDS_USUAL_MAX, .rounds_min = ROUNDS_USUAL_MIN, .budget = 100};
    opts->seed = (uint64_t)time(NULL) % 1000000;
    opts->command_line = bench_command_line(argc, argv);
    opts->commands = bench_need(calloc((size_t)argc, sizeof(*opts->commands)));
    while ((option = cli_getopt_long(argc, argv, "L:", long_options, 0)) != -1) {
        if (option == 'L')
            option = OPT_PARAMETER_LIST;
        if (option >= CLI_OPT_ENGINE && option < OPT_LAST)
            given[option - CLI_OPT_ENGINE] = true;
        set_option(opts, option);
    }
    if (optind == argc) {
        cli_message(0, "missing operation; expected read, hash, copy or lesson");
        cli_try_help();
    }
    outputs_check(opts);
    opts->lesson = strcmp(argv[optind], "lesson") == 0;
    if (opts->lesson) {
        check_given(opts, given);
        lesson_take(opts, argv + optind + 1);
        return;
    }
    optind += operands_operation(opts, argv[optind]);
    check_given(opts, given);
    parameters_check(opts);
    if (optind == argc) {
        cli_message(0, "missing operand; expected a file or directory");
        cli_try_help();
    }
    combined_check(opts);
    if (opts->sweep)
        sweep_parse(&bench->sweep, opts->sweep);
    operands_take(bench, argv + optind, (size_t)(argc - optind));
}
