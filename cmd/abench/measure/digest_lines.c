/* digest_lines.c: reads lists of digests in the format of sha256sum, and compares two of them. */
#define _GNU_SOURCE
#include "digest_lines.h"
#include "manifest.h"
#include "source.h"
#include "../../cli/messages.h"
#include "../../cli/quote.h"

#include <assert.h>
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Returns true if a line is in the format of sha256sum. */
static bool is_digest_line(const char *line)
{
    size_t hex;

    if (*line == '\\')
        line++;
    hex = strspn(line, "0123456789abcdefABCDEF");
    return hex == 2 * (size_t)BENCH_DIGEST_BYTES && line[hex] == ' ' &&
           (line[hex + 1] == ' ' || line[hex + 1] == '*') && line[hex + 2];
}

/* Makes equal lines out of those that differ in the case of digits, in the mark for binary mode, or
 * as ./a//b and a/b do. */
static void normalise(char *line)
{
    char *name = strchr(line, ' ') + 1;
    char *out;

    for (char *at = line; at < name; at++)
        *at = (char)tolower((unsigned char)*at);
    *name++ = ' ';
    out = name;
    while (name[0] == '.' && name[1] == '/') {
        name += 2;
        name += strspn(name, "/");
    }
    for (; *name; name++) {
        if (!(name[0] == '/' && name[1] == '/'))
            *out++ = *name;
    }
    *out = '\0';
}

static int by_line(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

bool digest_lines_load(struct digest_lines *lines, const char *path)
{
    FILE *file = fopen(path, "re");
    char *line = NULL;
    size_t cap = 0;
    ssize_t len;
    bool good = file != NULL;

    while (good && (len = getline(&line, &cap, file)) > 0) {
        if (line[len - 1] == '\n')
            line[len - 1] = '\0';
        good = is_digest_line(line);
        if (!good)
            break;
        normalise(line);
        if (lines->len == lines->cap) {
            lines->cap = lines->cap ? lines->cap * 2 : 1024;
            lines->line = bench_need(realloc(lines->line, lines->cap * sizeof(char *)));
        }
        lines->line[lines->len++] = bench_need(strdup(line));
    }
    free(line);
    if (file)
        fclose(file);
    if (lines->len > 0)
        qsort(lines->line, lines->len, sizeof(char *), by_line);
    return good && lines->len > 0;
}

void digest_lines_free(struct digest_lines *lines)
{
    for (size_t i = 0; i < lines->len; i++)
        free(lines->line[i]);
    free(lines->line);
}

/* Returns true if a line that only one side has is of a file that has changed. */
static bool forgiven(const struct bench *bench, const char *line)
{
    const size_t name_at = 2 * (size_t)BENCH_DIGEST_BYTES + 2; /* two blanks */
    bool escaped = line[0] == '\\';
    char *name = bench_need(strdup(line + escaped + name_at)), *out = name;

    for (const char *at = name; *at; at++) {
        if (escaped && at[0] == '\\' && at[1])
            *out++ = *++at == 'n' ? '\n' : *at == 'r' ? '\r' : *at;
        else
            *out++ = *at;
    }
    *out = '\0';
    bool changed = source_forgives(bench, name, true);
    free(name);
    return changed;
}

unsigned digest_lines_compare(const struct bench *bench, const char *arm,
                              const struct digest_lines *want, const struct digest_lines *got)
{
    unsigned differences = 0;

    for (size_t i = 0, j = 0; i < want->len || j < got->len;) {
        const char *x = i < want->len ? want->line[i] : NULL;
        const char *y = j < got->len ? got->line[j] : NULL;
        int order = !x ? 1 : !y ? -1 : strcmp(x, y);
        const char *odd = order < 0 ? x : y; /* only one side has it, unless order is 0 */
        assert(odd);
        if (order != 0 && !forgiven(bench, odd) && differences++ < BENCH_DIFFERENCES_SHOWN)
            cli_message(0, "arm %s: %s: %s", arm, order < 0 ? "missing" : "unexpected",
                        cli_quote(odd));
        i += order <= 0;
        j += order >= 0;
    }
    return differences;
}
