/* operands.c: the paths to measure, and the blocks to read of them. */
#define _GNU_SOURCE
#include "operands.h"
#include "measure/target.h"
#include "../../core/base/path.h"
#include "../cli/messages.h"
#include "../cli/nearest.h"
#include "../cli/quote.h"
#include "../cli/sizes.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* Suggests the operation that a word was probably meant to be. */
static void suggest_operation(const char *word)
{
    static const char *const synonyms[][2] = {
        {"cat", "read"},
        {"cp", "copy"},
        {"sha256sum", "hash"},
        {"checksum", "hash"},
        {"digest", "hash"},
        {"randread", "read --pattern=random"},
        {"random", "read --pattern=random"},
        {"write", "read --write=100"},
        {"randwrite", "read --write=100"},
        {"randrw", "read --write=50"},
        {"learn", "lesson"},
        {"tutorial", "lesson"},
        {"help", "--help"},
        {"version", "--version"},
    };
    struct cli_nearest nearest = {0};

    for (size_t i = 0; i < sizeof(synonyms) / sizeof(*synonyms); i++)
        if (strcmp(word, synonyms[i][0]) == 0) {
            cli_hint("", synonyms[i][1]);
            return;
        }
    for (unsigned i = 0; i < BENCH_OPERATIONS; i++)
        cli_nearest_try(&nearest, word, bench_operation_names[i]);
    cli_nearest_try(&nearest, word, "lesson");
    if (nearest.name)
        cli_hint("", nearest.name);
}

bool operands_operation(struct bench_options *opts, const char *name)
{
    struct stat st;

    for (unsigned i = 0; i < BENCH_OPERATIONS; i++) {
        if (strcmp(bench_operation_names[i], name) == 0) {
            opts->operation = i;
            return true;
        }
    }
    opts->operation = stat(name, &st) == 0 && S_ISBLK(st.st_mode) ? BENCH_READ : BENCH_HASH;
    if (lstat(name, &st) == 0)
        return false;
    if (strchr(name, '/'))
        cli_fatal(errno, "%s", cli_quote_maybe(name));
    cli_message(0, "unknown operation %s; expected read, hash, copy or lesson", cli_quote(name));
    suggest_operation(name);
    cli_try_help();
}

/* Returns an operand as it is passed to the arms. Symbolic links are resolved, because cp -r would
 * copy the link. So are '.' and '..', because a copy cannot have these names. */
static char *operand(const char *given, enum bench_operation operation)
{
    char *path = bench_need(strdup(given)), *text = NULL;
    size_t len = strlen(path);
    struct stat st;

    if (stat(path, &st) < 0)
        cli_fatal(errno, "%s", cli_quote_maybe(path));
    if (S_ISBLK(st.st_mode) && operation != BENCH_READ)
        cli_fatal(0, "%s: a block device can only be used with read", cli_quote_maybe(path));
    if (!S_ISREG(st.st_mode) && !S_ISDIR(st.st_mode) && !S_ISBLK(st.st_mode))
        cli_fatal(0, "%s: not a regular file, directory or block device", cli_quote_maybe(path));
    while (len > 1 && path[len - 1] == '/')
        path[--len] = '\0';

    const char *last = path_last(path);
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

/* Returns the first block size of a sweep, which the other arms then have, too, or NULL. */
static const char *first_block_size(const struct bench_sweep *sweep)
{
    for (size_t d = 0; d < sweep->n_dimensions; d++)
        if (strcmp(sweep->dimensions[d].name, "block-size") == 0)
            return sweep->dimensions[d].values[0];
    return NULL;
}

/* Sets the defaults of a pattern: random blocks of a size that devices are asked for, and enough of
 * them that a run can be timed. */
static void pattern_defaults(struct bench *bench)
{
    const uint64_t usual = 128 << 20, device_usual = 1 << 30;
    struct bench_options *opts = &bench->opts;
    const char *option = opts->write_percent > 0 ? "--write" : "--pattern";
    bool random = strcmp(opts->pattern, "random") == 0;
    char block[CLI_SIZE_BYTES];
    uint64_t size, some;
    int rc;

    if (opts->operation != BENCH_READ)
        cli_fatal(0, "%s can only be used with read", option);
    rc = opts->size > 0 ? 0 : bench_size(bench->data.paths[0], &size);
    if (opts->size > 0) /* of a file that will be made */
        size = opts->size;
    if (rc < 0 && rc != -EINVAL)
        cli_fatal(-rc, "%s", cli_quote_maybe(bench->data.paths[0]));
    if (bench->data.n_paths != 1 || rc < 0)
        cli_fatal(0, "%s needs exactly one regular file or block device", option);
    if (bench->data.device && opts->warm)
        cli_fatal(0, "a block device cannot be read warm: it is read past the page cache");
    some = random ? usual : bench->data.device ? device_usual : size;
    if (!opts->block_size)
        opts->block_size = first_block_size(&bench->sweep);
    if (random && !opts->block_size)
        opts->block_size = "4K";
    (void)cli_parse_size(opts->block_size ? opts->block_size : "1M", &opts->pattern_block);
    if (size < opts->pattern_block)
        cli_fatal(0,
                  "%s needs a file of at least one block, %s; choose a larger file"
                  " or a smaller --block-size",
                  option, cli_size((double)opts->pattern_block, block));
    if ((random || bench->data.device) && !opts->direct)
        opts->direct = "always";
    if (opts->pattern_bytes == 0)
        opts->pattern_bytes = size < some ? size : some;
}

/* Ends the program if two copies would have the same name in the directory of the copies. */
static void check_names(const struct bench_data *data)
{
    for (size_t i = 0; i < data->n_paths; i++)
        for (size_t j = 0; j < i; j++)
            if (strcmp(path_last(data->paths[i]), path_last(data->paths[j])) == 0)
                cli_fatal(0, "cannot copy %s beside %s: both copies would have one name",
                          cli_quote(data->paths[i]), cli_quote(data->paths[j]));
}

void operands_take(struct bench *bench, char *const *given, size_t n)
{
    struct bench_options *opts = &bench->opts;
    struct bench_data *data = &bench->data;
    struct stat st;

    if (opts->write_percent > 0) {
        if (n != 1)
            cli_fatal(0, "--write needs exactly one directory, new file or block device");
        target_choose(bench, given[0]);
        if (!opts->pattern)
            opts->pattern = "random";
        if (!opts->direct)
            opts->direct = "always";
        pattern_defaults(bench);
        return;
    }
    data->paths = bench_need(calloc(n, sizeof(char *)));
    if (n > 1 && opts->operation == BENCH_COPY && stat(given[n - 1], &st) < 0 && errno == ENOENT)
        cli_fatal(ENOENT, "%s (copies are made beside the first PATH, or in --dest=DIR)",
                  cli_quote_maybe(given[n - 1]));
    while (data->n_paths < n) {
        data->paths[data->n_paths] = operand(given[data->n_paths], opts->operation);
        data->n_paths++;
    }
    if (opts->operation == BENCH_COPY)
        check_names(data);
    data->device = stat(data->paths[0], &st) == 0 && S_ISBLK(st.st_mode);
    if (data->device && !opts->pattern)
        opts->pattern = "sequential";
    if (opts->pattern)
        pattern_defaults(bench);
    else if (opts->pattern_bytes > 0)
        cli_fatal(0, "--bytes needs --pattern");
}
