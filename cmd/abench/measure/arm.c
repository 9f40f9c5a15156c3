/* arm.c: the arms: our own commands with their options, and the points of a sweep. */
#define _GNU_SOURCE
#include "arm.h"
#include "parameters.h"
#include "../../../core/engine.h"
#include "../../cli/engine.h"
#include "../../cli/messages.h"
#include "../../cli/quote.h"
#include "../../cli/sizes.h"

#include <assert.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *const program_names[] = {
    [BENCH_READ] = "acat", [BENCH_HASH] = "ahash", [BENCH_COPY] = "acp"};

static char *format(const char *pattern, ...) __attribute__((format(printf, 1, 2)));
static char *format(const char *pattern, ...)
{
    char *text;
    va_list args;

    va_start(args, pattern);
    if (vasprintf(&text, pattern, args) < 0)
        text = NULL;
    va_end(args);
    return bench_need(text);
}

/* Refuses a name that would change the lines in which it is printed. */
static void refuse_unprintable(const char *name)
{
    for (size_t i = 0, len = strlen(name); i < len;) {
        struct cli_char c = cli_char(name + i, len - i);
        if (!c.printable && c.bytes == 1 && (unsigned char)name[i] < 0x80)
            cli_fatal(0, "invalid name %s for an arm: it has a control character", cli_quote(name));
        i += c.bytes;
    }
}

struct bench_arm *arm_add(struct bench *bench, const char *name)
{
    struct bench_arm *arm = &bench->arms[bench->n_arms];

    refuse_unprintable(name);
    for (size_t i = 0; i < bench->n_arms; i++) {
        if (strcmp(bench->arms[i].name, name) == 0)
            cli_fatal(0, "two arms have the name %s", cli_quote(name));
    }
    if (bench->n_arms == BENCH_ARMS_MAX)
        cli_fatal(0, "too many arms: at most %d", BENCH_ARMS_MAX);
    bench->n_arms++;
    *arm = (struct bench_arm){.name = bench_need(strdup(name)),
                              .pattern_block = bench->opts.pattern_block};
    arm->label = bench_need(strdup(name));
    arm->samples = bench_need(calloc(2 * (size_t)bench->opts.rounds, sizeof(*arm->samples)));
    return arm;
}

/* The options of a built-in arm, as the commands take them; NULL: their default. */
struct arm_spec {
    const char *engine; /* sync, uring or auto */
    const char *jobs, *direct, *depth, *block_size;
};

struct words {
    char **word;
    size_t n;
};

static void words_add(struct words *words, char *word)
{
    words->word = bench_need(realloc(words->word, (words->n + 2) * sizeof(char *)));
    words->word[words->n++] = word;
    words->word[words->n] = NULL;
}

static void words_option(struct words *words, const char *option, const char *value)
{
    if (value)
        words_add(words, format("%s%s", option, value));
}

static void words_free(char **words)
{
    for (size_t i = 0; words && words[i]; i++)
        free(words[i]);
    free(words);
}

/* Returns the -j of an arm. With more than one worker, either engine gives the digest of one file
 * its own thread, which would look like a difference between the engines. */
static const char *jobs_of(const struct bench *bench, const struct arm_spec *spec)
{
    struct stat st;
    bool one_file = bench->data.n_paths == 1 && stat(bench->data.paths[0], &st) == 0 &&
                    S_ISREG(st.st_mode);

    if (spec->jobs || bench->opts.operation != BENCH_HASH || !one_file)
        return spec->jobs;
    return "1";
}

/* Tells whether auto takes io_uring for a command. */
static bool auto_takes_ring(const struct bench *bench)
{
    enum bench_operation operation = bench->opts.operation;

    return !bench->no_ring &&
           !((operation == BENCH_COPY || (operation == BENCH_READ && !bench->opts.pattern)) &&
             bench->data.n_paths == 1 && cli_is_small_file(bench->data.paths[0]));
}

static bool uses_ring(const struct bench *bench, const struct arm_spec *spec)
{
    return spec->engine[0] == 'u' || (spec->engine[0] == 'a' && auto_takes_ring(bench));
}

/* Tells whether the command takes this engine without --engine. */
static bool is_engine_default(const struct bench *bench, const struct arm_spec *spec)
{
    struct cli_common common;

    cli_common_init(&common, "");
    return strcmp(spec->engine, common.engine) == 0 ||
           (strcmp(common.engine, "auto") == 0 && spec->engine[0] == 'u' && auto_takes_ring(bench));
}

/* Returns the options that distinguish the arm, with --engine first. */
static struct words spec_options(const struct bench *bench, const struct arm_spec *spec)
{
    const struct bench_options *opts = &bench->opts;
    const char *direct = spec->direct ? spec->direct : opts->direct;
    struct words words = {NULL, 0};

    words_option(&words, "--engine=", spec->engine);
    words_option(&words, "-j", jobs_of(bench, spec));
    if (opts->pattern) {
        words_option(&words, "--pattern=", opts->pattern);
        words_add(&words, format("--bytes=%" PRIu64, opts->pattern_bytes));
    }
    if (opts->write_percent > 0)
        words_add(&words, format("--write=%u", opts->write_percent));
    if (opts->fsync_every > 0)
        words_add(&words, format("--fsync=%u", opts->fsync_every));
    if (uses_ring(bench,
                  spec)) /* blocking calls have one request in flight, and reject a larger depth */
        words_option(&words, "--depth=", spec->depth ? spec->depth : opts->depth);
    words_option(&words, "--block-size=", spec->block_size ? spec->block_size : opts->block_size);
    words_option(&words, "--direct=", direct);
    return words;
}

static char *advice(const struct bench *bench, const struct arm_spec *spec,
                    const struct words *options)
{
    static const char *const base[] = {
        [BENCH_READ] = "acat --discard", [BENCH_HASH] = "ahash -r", [BENCH_COPY] = "acp -r"};
    char *text = bench_need(strdup(base[bench->opts.operation]));

    for (size_t i = is_engine_default(bench, spec) ? 1 : 0; i < options->n; i++) {
        char *longer = format("%s %s", text, options->word[i]);
        free(text);
        text = longer;
    }
    return text;
}

/* Returns the name of an arm in plain words. */
static char *label(const struct arm_spec *spec)
{
    const char *cache = !spec->direct                         ? ""
                        : strcmp(spec->direct, "always") == 0 ? ", direct"
                        : strcmp(spec->direct, "never") == 0  ? ", buffered"
                                                              : "";

    if (spec->engine[0] == 'a')
        return format("the default%s", cache);
    if (spec->engine[0] == 's')
        return format("%s blocking thread%s%s", spec->jobs, strcmp(spec->jobs, "1") == 0 ? "" : "s",
                      cache);
    if (spec->depth)
        return format("io_uring, %s in flight%s", spec->depth, cache);
    return format("io_uring%s%s%s", spec->jobs ? " -j" : "", spec->jobs ? spec->jobs : "", cache);
}

static struct bench_arm *builtin_add(struct bench *bench, const char *name,
                                     const struct arm_spec *spec)
{
    enum bench_operation operation = bench->opts.operation;
    struct bench_arm *arm = arm_add(bench, name);
    struct words options = spec_options(bench, spec), words = {NULL, 0};

    words_add(&words, format("%s/%s", bench->bin_dir, program_names[operation]));
    words_add(&words, bench_need(strdup(operation == BENCH_READ ? "--discard" : "-r")));
    for (size_t i = 0; i < options.n; i++)
        words_add(&words, bench_need(strdup(options.word[i])));
    words_add(&words, bench_need(strdup("--stats=json")));
    if (bench->opts.pattern)
        words_add(&words, bench_need(strdup("--json")));
    if (operation == BENCH_READ && !bench->opts.pattern) {
        words_option(&words, "--files0-from=", bench_temp(bench, "list"));
    } else {
        words_add(&words, bench_need(strdup("--")));
        for (size_t i = 0; i < bench->data.n_paths; i++)
            words_add(&words, bench_need(strdup(bench_operand(bench, i))));
        if (operation == BENCH_COPY)
            words_add(&words, bench_need(strdup(""))); /* for arm_set_dest */
    }
    arm->argv = words.word;
    arm->ring = uses_ring(bench, spec);
    arm->usual = is_engine_default(bench, spec) && !spec->jobs && !spec->direct && !spec->depth &&
                 !spec->block_size;
    arm->threads = spec->engine[0] != 's' ? 0 : (unsigned)strtoul(spec->jobs, NULL, 10);
    free(arm->label);
    arm->label = label(spec);
    arm->advice = advice(bench, spec, &options);
    if (spec->block_size && bench->opts.pattern)
        (void)cli_parse_size(spec->block_size, &arm->pattern_block);
    arm->options = options.word;
    return arm;
}

/* Adds a built-in arm by its name: an engine, then nothing, -jN, -direct or -buffered. */
static void builtin_named(struct bench *bench, const char *name)
{
    static const char *const engines[] = {"sync", "uring", "auto"};
    const char *dash = strchrnul(name, '-'), *rest = *dash ? dash + 1 : dash;
    struct arm_spec spec = {.engine = NULL};
    unsigned count;

    for (size_t i = 0; i < sizeof(engines) / sizeof(*engines); i++)
        if (strlen(engines[i]) == (size_t)(dash - name) &&
            strncmp(name, engines[i], strlen(engines[i])) == 0)
            spec.engine = engines[i];
    bool sync = spec.engine && strcmp(spec.engine, "sync") == 0;
    bool uring = spec.engine && strcmp(spec.engine, "uring") == 0;
    if (rest[0] == 'j' && cli_parse_count(rest + 1, CLI_JOBS_MAX, &count) == 0)
        spec.jobs = rest + 1;
    else if (rest[0] == 'd' && uring && cli_parse_count(rest + 1, CLI_DEPTH_MAX, &count) == 0)
        spec.depth = rest + 1;
    else if (strcmp(rest, "direct") == 0)
        spec.direct = "always";
    else if (strcmp(rest, "buffered") == 0)
        spec.direct = "never";
    else if (*dash)
        spec.engine = NULL;
    if (!spec.engine)
        cli_fatal(
            0,
            "unknown arm %s; expected sync, uring or auto, with -jN (from 1 to %d), -direct or"
            " -buffered after any, or uring-dN (from 1 to %d)",
            cli_quote(name), CLI_JOBS_MAX, CLI_DEPTH_MAX);
    if (sync && !spec.jobs)
        spec.jobs = "1";
    builtin_add(bench, name, &spec);
}

static void refuse_threads(const char *list)
{
    cli_fatal(0,
              "invalid argument %s for '--threads'; expected numbers from 1 to %d, separated by"
              " commas",
              cli_quote(list), CLI_JOBS_MAX);
}

static void builtin_add_all(struct bench *bench, const char *list, const char *prefix)
{
    char *copy = bench_need(strdup(list)), *rest = copy, *word;
    unsigned threads;

    while ((*prefix || *list) && (word = strsep(&rest, ","))) {
        char *name = format("%s%s", prefix, word);
        if (*prefix && cli_parse_count(word, CLI_JOBS_MAX, &threads) < 0)
            refuse_threads(list);
        if (!*prefix || threads > 1) /* sync is the arm of one thread */
            builtin_named(bench, name);
        free(name);
    }
    free(copy);
}

/* Adds an arm with io_uring for each combination of the sweep's values. */
static void sweep_add(struct bench *bench)
{
    const struct bench_sweep *sweep = &bench->sweep;
    size_t point[SWEEP_DIMENSIONS_MAX] = {0};

    for (;;) {
        struct arm_spec spec = {.engine = "uring"};
        char *name = bench_need(strdup(""));
        size_t d;
        for (d = 0; d < sweep->n_dimensions; d++) {
            const char *dimension = sweep->dimensions[d].name;
            const char *value = sweep->dimensions[d].values[point[d]];
            char *longer = format("%s%s%s=%s", name, d ? "," : "", dimension, value);
            *(dimension[0] == 'd'   ? &spec.depth
              : dimension[0] == 'b' ? &spec.block_size
                                    : &spec.jobs) = value;
            free(name);
            name = longer;
        }
        struct bench_arm *arm = builtin_add(bench, name, &spec);
        arm->swept = true;
        free(arm->label);
        arm->label = bench_need(strdup(name));
        memcpy(arm->point, point, sizeof(point));
        free(name);
        for (d = 0; d < sweep->n_dimensions; d++) {
            if (++point[d] < sweep->dimensions[d].n_values)
                break;
            point[d] = 0;
        }
        if (d == sweep->n_dimensions)
            return;
    }
}

/* Adds the ring and as many threads at each of some depths, of which a knee can be found. */
static void depths_add(struct bench *bench, bool able)
{
    static const char *const depths[] = {"1", "4", "16", "64"};
    struct bench_sweep *sweep = &bench->sweep;

    strcpy(sweep->dimensions[0].name, "depth");
    for (size_t i = 0; i < sizeof(depths) / sizeof(*depths); i++) {
        char *name = format("sync-j%s", depths[i]);
        builtin_named(bench, i ? name : "sync");
        free(name);
        sweep->dimensions[0].values[i] = bench_need(strdup(depths[i]));
        sweep->dimensions[0].n_values = i + 1;
        if (!able)
            continue;
        name = format("uring-d%s", depths[i]);
        builtin_named(bench, name);
        free(name);
        bench->arms[bench->n_arms - 1].swept = true;
        bench->arms[bench->n_arms - 1].point[0] = i;
    }
    sweep->n_dimensions = 1;
}

/* Returns true for random reads, unless the user has chosen the arms in another way. */
static bool wants_depths(const struct bench_options *opts)
{
    return opts->pattern && strcmp(opts->pattern, "random") == 0 && !opts->threads &&
           !opts->depth && !opts->sweep;
}

void arms_add_built_in(struct bench *bench)
{
    const struct bench_options *opts = &bench->opts;
    const char *why = NULL;
    int error = 0;
    bool able = engine_find("uring", NULL, &why, &error) != NULL;

    if (!able)
        bench->no_ring = why ? why : strerror(-error);

    if (opts->arms) {
        builtin_add_all(bench, opts->arms, "");
        if (opts->threads)
            builtin_add_all(bench, opts->threads, "sync-j");
    } else if (wants_depths(opts)) {
        depths_add(bench, able);
    } else {
        builtin_named(bench, "sync");
        if (opts->threads || !opts->sweep)
            builtin_add_all(bench, opts->threads ? opts->threads : "16", "sync-j");
        if (!opts->sweep)
            builtin_named(bench, able ? "uring" : "auto");
    }
    if (!able)
        bench_warn(bench,
                   "io_uring cannot be used: %s; only the blocking path is measured. See sysctl"
                   " kernel.io_uring_disabled, the container's seccomp profile and ulimit -l",
                   bench->no_ring);
    if (opts->sweep && !able)
        cli_fatal(0, "--sweep needs io_uring: %s", bench->no_ring);
    if (opts->sweep)
        sweep_add(bench);
}

bool arm_runs(const struct bench_arm *arm)
{
    const struct bench_sample *last = arm->n_samples ? &arm->samples[arm->n_samples - 1] : NULL;

    return !last || (last->check != CHECK_FAILED && last->check != CHECK_DIFFERS);
}

void arm_set_dest(struct bench_arm *arm, const char *dest)
{
    size_t last = 0;

    assert(arm->argv && arm->argv[0]);
    while (arm->argv[last + 1])
        last++;
    free(arm->argv[last]);
    arm->argv[last] = bench_need(strdup(dest));
}

void arm_use_list(const struct bench *bench, struct bench_arm *arm)
{
    bool copy = bench->opts.operation == BENCH_COPY;
    struct words words = {NULL, 0};

    if (!arm->argv)
        return;
    words_add(&words, bench_need(strdup(arm->argv[0])));
    if (bench->opts.operation == BENCH_READ)
        words_add(&words, bench_need(strdup("--discard")));
    for (size_t i = 0; arm->options[i]; i++)
        words_add(&words, bench_need(strdup(arm->options[i])));
    words_add(&words, bench_need(strdup("--stats=json")));
    words_option(&words, "--files0-from=", bench_temp(bench, copy ? "below" : "list"));
    if (copy) {
        words_add(&words, bench_need(strdup("--parents")));
        words_add(&words, bench_need(strdup("-t")));
        words_add(&words, bench_need(strdup(""))); /* for arm_set_dest */
    }
    words_free(arm->argv);
    arm->argv = words.word;
}

void arms_free(struct bench *bench)
{
    for (size_t i = 0; i < bench->n_arms; i++) {
        struct bench_arm *arm = &bench->arms[i];
        words_free(arm->argv);
        words_free(arm->options);
        free(arm->name);
        free(arm->label);
        free(arm->advice);
        free(arm->command);
        free(arm->choice);
        free(arm->samples);
        free(arm->latency[BENCH_COLD]);
        free(arm->latency[BENCH_WARM]);
    }
    bench->n_arms = 0;
    parameters_free(&bench->opts);
}
