/* digest_lines.c: reads lists of digests in the format of sha256sum, and compares two of them. */
#define _GNU_SOURCE
#include "digest_lines.h"
#include "manifest.h"
#include "source.h"
#include "../../cli/checksum_line.h"
#include "../../cli/engine.h"
#include "../../cli/messages.h"
#include "../../cli/quote.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Removes what does not distinguish ./a//b from a/b. */
static void normalise(char *name)
{
    char *out = name;

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

static const struct digest *by_digits(void *arg, size_t digits)
{
    return digits == 2 * digest_bytes(arg) ? arg : NULL;
}

static int by_line(const void *a, const void *b)
{
    const struct digest_line *x = a, *y = b;
    int order = memcmp(x->digest, y->digest, sizeof(x->digest));

    return order ? order : strcmp(x->name, y->name);
}

static void add(struct digest_lines *lines, const struct checksum_line *line)
{
    struct digest_line *added;

    if (lines->len == lines->cap) {
        lines->cap = lines->cap ? lines->cap * 2 : 1024;
        lines->line = bench_need(realloc(lines->line, lines->cap * sizeof(*lines->line)));
    }
    added = &lines->line[lines->len++];
    memcpy(added->digest, line->digest, sizeof(added->digest));
    added->name = bench_need(strdup(line->name));
    normalise(added->name);
}

/* Returns true if all lines are in the format of sha256sum. */
static bool load(struct digest_lines *lines, FILE *file, char *text)
{
    struct digest *sha256 = bench_need(cli_digest_open("sha256"));
    struct checksum_reader reader = {
        .by_digits = by_digits, .arg = sha256, .separator = SEPARATOR_MODE};
    struct checksum_line line;
    size_t len;
    bool good = true;

    while (good && checksum_line_read(file, text, &len)) {
        good = len < CHECKSUM_LINE_BYTES_MAX && checksum_line_parse(&reader, text, len, &line);
        if (good)
            add(lines, &line);
    }
    digest_close(sha256);
    return good;
}

bool digest_lines_load(struct digest_lines *lines, const char *path)
{
    char *text = bench_need(malloc(CHECKSUM_LINE_BYTES_MAX + 1));
    FILE *file = fopen(path, "re");
    bool good = file && load(lines, file, text);

    free(text);
    if (file)
        fclose(file);
    if (lines->len > 0)
        qsort(lines->line, lines->len, sizeof(*lines->line), by_line);
    return good && lines->len > 0;
}

void digest_lines_free(struct digest_lines *lines)
{
    for (size_t i = 0; i < lines->len; i++)
        free(lines->line[i].name);
    free(lines->line);
}

/* Prints a line that only one side has, as sha256sum would print it. */
static void print_difference(const char *arm, const char *what, const struct digest_line *line)
{
    static const struct checksum_format format = {.mode = ' ', .end = '\n'};
    char *text = NULL;
    size_t len = 0;
    FILE *out = bench_need(open_memstream(&text, &len));

    checksum_line_print(out, &format, line->digest, sizeof(line->digest), line->name);
    if (fclose(out) != 0)
        bench_need(NULL);
    text[len - 1] = '\0'; /* its end */
    cli_message(0, "arm %s: %s: %s", arm, what, cli_quote(text));
    free(text);
}

unsigned digest_lines_compare(const struct bench *bench, const char *arm,
                              const struct digest_lines *want, const struct digest_lines *got)
{
    unsigned differences = 0;

    for (size_t i = 0, j = 0; i < want->len || j < got->len;) {
        const struct digest_line *x = i < want->len ? &want->line[i] : NULL;
        const struct digest_line *y = j < got->len ? &got->line[j] : NULL;
        int order = !x ? 1 : !y ? -1 : by_line(x, y);
        const struct digest_line *odd = order < 0 ? x : y; /* only one side has it, unless 0 */
        assert(odd);

        if (order != 0 && !source_forgives(bench, odd->name, true) &&
            differences++ < BENCH_DIFFERENCES_SHOWN)
            print_difference(arm, order < 0 ? "missing" : "unexpected", odd);
        i += order <= 0;
        j += order >= 0;
    }
    return differences;
}
