/* cli_names0.c: a list of names that end in NUL, for --files0-from. See cli.h. */
#define _GNU_SOURCE
#include "cli.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct names0 {
    FILE *stream;
    char *name;
    size_t name_cap;
    uint64_t line;
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

int names0_next(struct names0 *names, const char **name, size_t *len)
{
    ssize_t got;

    errno = 0;
    got = getdelim(&names->name, &names->name_cap, 0, names->stream);
    if (got < 0)
        return feof(names->stream) ? 0 : errno ? -errno : -EIO;
    names->line++;
    if (names->name[got - 1] == 0) /* the last name may come without */
        got--;
    if (got == 0)
        return -EINVAL;
    *name = names->name;
    *len = (size_t)got;
    return 1;
}

uint64_t names0_line(const struct names0 *names)
{
    return names->line;
}

void names0_close(struct names0 *names)
{
    if (!names)
        return;
    if (names->stream != stdin)
        fclose(names->stream);
    free(names->name);
    free(names);
}
