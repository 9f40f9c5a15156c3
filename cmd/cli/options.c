/* options.c: the options that all commands share, and their values. See options.h. */
#include "options.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "messages.h"
#include "quote.h"
#include "sizes.h"

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
/* uring has the name of the interface, too. */
static const char *const engine_choices[] = {"auto", "sync", "uring", "io_uring", NULL};
static const int engine_groups[] = {0, 1, 2, 2};
static const char *const engine_names[] = {"auto", "sync", "uring"}; /* by group */

void cli_common_init(struct cli_common *common, const char *program)
{
    const char *engine = getenv("AIOUTILS_ENGINE"), *progress = getenv("AIOUTILS_PROGRESS");

    if (engine && strcmp(engine, "io_uring") == 0)
        engine = "uring";
    *common = (struct cli_common){.program = program,
                                  .engine = engine && *engine ? engine : "auto"};
    if (progress && *progress && isatty(STDERR_FILENO)) {
        common->progress = CLI_PROGRESS_AUTO;
        common->progress_by_environment = true;
    }
}

unsigned cli_count_option(const char *option, const char *argument, unsigned max)
{
    unsigned count;

    if (cli_parse_count(argument, max, &count) < 0)
        cli_fatal(0, "invalid %s argument %s: expected a number from 1 to %u", option,
                  cli_quote_word(argument), max);
    return count;
}

uint64_t cli_size_option(const char *option, const char *argument, const char *expected)
{
    uint64_t bytes;

    if (cli_parse_size(argument, &bytes) < 0 || bytes == 0)
        cli_fatal(0, "invalid %s argument %s: expected %s", option, cli_quote_word(argument),
                  expected);
    return bytes;
}

int cli_parse_block_size(const char *text, uint64_t *bytes)
{
    int rc = cli_parse_size(text, bytes);

    return rc == 0 && (*bytes == 0 || *bytes > CLI_BLOCK_BYTES_MAX) ? -ERANGE : rc;
}

static size_t block_size_option(const char *argument)
{
    uint64_t bytes;

    if (cli_parse_block_size(argument, &bytes) < 0)
        cli_fatal(0, "invalid --block-size argument %s: expected %s", cli_quote_word(argument),
                  CLI_BLOCK_SIZES);
    return (size_t)bytes;
}

bool cli_common_option(struct cli_common *common, int option, const char *argument)
{
    switch (option) {
    case CLI_OPT_ENGINE:
        common->engine = engine_names[engine_groups[cli_match("--engine", argument, engine_choices,
                                                              engine_groups)]];
        return true;
    case 'j':
        common->jobs = cli_count_option("--jobs", argument, CLI_JOBS_MAX);
        return true;
    case CLI_OPT_DEPTH:
        common->opts.depth = cli_count_option("--depth", argument, CLI_DEPTH_MAX);
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
        common->progress_by_environment = false;
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
