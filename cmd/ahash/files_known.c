/* files_known.c: the engine for files that are known before the run begins. See files_known.h. */
#include "files_known.h"
#include "ahash.h"
#include "check.h"

#include <stdlib.h>
#include <string.h>

#include "../cli/engine.h"

/* Returns how many operands there are; 0 if one is standard input. */
static size_t count_operands(const struct ahash *ahash)
{
    size_t n = 0;

    while (ahash->operands[n] && strcmp(ahash->operands[n], "-") != 0)
        n++;
    return ahash->operands[n] ? 0 : n;
}

/* Returns the engine for the files of a check file. */
static const struct engine *engine_for_list(struct ahash *ahash, const char *path, const char **why)
{
    char *names[CLI_FEW_FILES + 1];
    size_t n = ahash_check_names(ahash, path, names, CLI_FEW_FILES + 1);
    const struct engine *engine = cli_engine(&ahash->common, names, n, why);

    while (n > 0)
        free(names[--n]);
    return engine;
}

const struct engine *ahash_engine(struct ahash *ahash, const char **why)
{
    size_t n = count_operands(ahash);

    if (ahash->recursive || ahash->names || ahash->update_path || ahash->report_unlisted)
        n = 0;
    if (ahash->check && n == 1)
        return engine_for_list(ahash, ahash->operands[0], why);
    return cli_engine(&ahash->common, ahash->operands, ahash->check ? 0 : n, why);
}
