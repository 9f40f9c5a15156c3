/* sweep.c: --sweep: its values. */
#define _GNU_SOURCE
#include "sweep.h"
#include "../../cli/messages.h"
#include "../../cli/options.h"
#include "../../cli/quote.h"
#include "../../cli/sizes.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void refuse(const char *text)
{
    cli_message(0,
                "invalid argument %s for '--sweep'; expected depth=N,N... (from 1 to %d),"
                " block-size=SIZE,SIZE... (" CLI_BLOCK_SIZES ") or jobs=N,N... (from 1 to %d), with"
                " at most %d values each",
                cli_quote(text), CLI_DEPTH_MAX, CLI_JOBS_MAX, SWEEP_VALUES_MAX);
    cli_try_help();
}

static bool value_good(const char *dimension, const char *value)
{
    uint64_t bytes;
    unsigned count;

    if (strcmp(dimension, "block-size") == 0)
        return cli_parse_block_size(value, &bytes) == 0;
    return cli_parse_count(value, strcmp(dimension, "depth") == 0 ? CLI_DEPTH_MAX : CLI_JOBS_MAX,
                           &count) == 0;
}

/* The text is depth=1,2,4,block-size=4K,64K: a word with '=' starts a dimension. */
void sweep_parse(struct bench_sweep *sweep, const char *text)
{
    char *copy = strdup(text), *state = NULL;
    size_t n = 0;

    if (!copy)
        cli_fatal(0, "memory exhausted");
    for (char *word = strtok_r(copy, ",", &state); word; word = strtok_r(NULL, ",", &state)) {
        char *equals = strchr(word, '=');
        if (equals) {
            *equals = '\0';
            if (n == SWEEP_DIMENSIONS_MAX ||
                (strcmp(word, "depth") != 0 && strcmp(word, "block-size") != 0 &&
                 strcmp(word, "jobs") != 0))
                refuse(text);
            for (size_t i = 0; i < n; i++) {
                if (strcmp(sweep->dimensions[i].name, word) == 0)
                    refuse(text);
            }
            snprintf(sweep->dimensions[n++].name, sizeof(sweep->dimensions[0].name), "%s", word);
            word = equals + 1;
        }
        if (n == 0 || sweep->dimensions[n - 1].n_values == SWEEP_VALUES_MAX ||
            !value_good(sweep->dimensions[n - 1].name, word))
            refuse(text);
        sweep->dimensions[n - 1].values[sweep->dimensions[n - 1].n_values++] = strdup(word);
    }
    free(copy);
    sweep->n_dimensions = n;
    if (n == 0)
        refuse(text);
}

void sweep_free(struct bench_sweep *sweep)
{
    for (size_t d = 0; d < sweep->n_dimensions; d++) {
        for (size_t i = 0; i < sweep->dimensions[d].n_values; i++)
            free(sweep->dimensions[d].values[i]);
    }
    sweep->n_dimensions = 0;
}
