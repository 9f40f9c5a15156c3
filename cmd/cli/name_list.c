/* name_list.c: a list of names that end in NUL, for --files0-from. See name_list.h. */
#define _GNU_SOURCE
#include "name_list.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <stdio.h>
#include <string.h>

#include "messages.h"
#include "options.h"
#include "quote.h"
#include "../../core/base/retry.h"

struct names0 {
    FILE *stream;
    uint64_t line;
    char name[NAMES0_BYTES_MAX];
};

int names0_open(struct names0 **out, const char *path)
{
    struct names0 *names = calloc(1, sizeof(*names));

    if (!names)
        return -ENOMEM;
    names->stream = strcmp(path, "-") == 0 ? stdin : fopen(path, "re");
    if (!names->stream) {
        int rc = -errno;
        free(names);
        return rc;
    }
    *out = names;
    return 0;
}

struct names0 *names0_of_option(const struct cli_common *common, char *const *operands)
{
    struct names0 *names = NULL;
    int rc;

    if (operands[0]) {
        cli_message(0, "extra operand %s", cli_quote(operands[0]));
        fputs("file operands cannot be combined with --files0-from\n", stderr);
        cli_try_help();
    }
    rc = names0_open(&names, common->files0_from);
    if (rc < 0)
        cli_fatal(-rc, "cannot open %s for reading", cli_quote(common->files0_from));
    return names;
}

int names0_next(struct names0 *names, const char **name, size_t *len)
{
    size_t n = 0;
    int c;

    /* what comes before an error may be a part of a name */
    while ((c = getc_unlocked(names->stream)) != EOF && c != 0) {
        if (n < NAMES0_BYTES_MAX)
            names->name[n++] = (char)c;
    }
    if (c == EOF && ferror(names->stream))
        return errno ? -errno : -EIO;
    if (c == EOF && n == 0)
        return NAMES0_END;
    names->line++; /* the last name may come without NUL */
    if (n == NAMES0_BYTES_MAX)
        return NAMES0_LONG;
    names->name[n] = 0;
    *name = names->name;
    *len = n;
    if (n == 0)
        return NAMES0_EMPTY;
    return names->stream == stdin && strcmp(*name, "-") == 0 ? NAMES0_STDIN : NAMES0_NAME;
}

uint64_t names0_line(const struct names0 *names)
{
    return names->line;
}

void names0_report(const char *path, uint64_t line, int got)
{
    const char *list = cli_quote_maybe(path);

    if (got == NAMES0_EMPTY)
        cli_message(0, "%s:%" PRIu64 ": invalid zero-length file name", list, line);
    else if (got == NAMES0_LONG)
        cli_message(ENAMETOOLONG, "%s:%" PRIu64, list, line);
    else if (got == NAMES0_STDIN)
        cli_message(0, "when reading file names from stdin, no file name of '-' allowed");
    else
        cli_message(-got, "%s: read error", list);
}

void names0_close(struct names0 *names)
{
    if (!names)
        return;
    if (names->stream != stdin)
        fclose(names->stream);
    free(names);
}
