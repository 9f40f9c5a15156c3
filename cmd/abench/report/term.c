/* term.c: the differences between a terminal, with its width, bars and colours, and a pipe or file,
 * with plain lines. */
#define _GNU_SOURCE
#include "term.h"
#include "summary.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum {
    WIDTH_USUAL = 80,
    WIDTH_MIN = 40,
    INDENT = 9, /* columns of a keyword */
    BAR_MAX = 60,
};

void term_init(struct term *term, FILE *out)
{
    const char *columns = getenv("COLUMNS"), *locale = NULL, *no_color = getenv("NO_COLOR");
    static const char *const variables[] = {"LC_ALL", "LC_CTYPE", "LANG"};
    struct winsize size;

    *term = (struct term){.terminal = isatty(fileno(out))};
    if (!term->terminal)
        return;
    term->width = ioctl(fileno(out), TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col
                  : columns && atoi(columns) > 0                                ? atoi(columns)
                                                                                : WIDTH_USUAL;
    if (term->width < WIDTH_MIN)
        term->width = WIDTH_MIN;
    for (unsigned i = 0; i < 3 && !(locale && *locale); i++)
        locale = getenv(variables[i]);
    term->blocks = locale && (strcasestr(locale, "utf-8") || strcasestr(locale, "utf8"));
    /* https://no-color.org: set, and not empty */
    const char *type = getenv("TERM");
    term->colour = !(no_color && *no_color) && type && strcmp(type, "dumb") != 0;
}

bool term_fits(const struct term *term, int columns)
{
    return !term->terminal || columns <= term->width;
}

void term_line(FILE *out, const struct term *term, const char *keyword, const char *text)
{
    int column = INDENT;

    fprintf(out, "%-*s", INDENT, keyword);
    for (const char *at = text; *at;) {
        size_t word = strcspn(at, " ");
        if (term->terminal && column > INDENT && column + (int)word > term->width) {
            fprintf(out, "\n%*s", INDENT, "");
            column = INDENT;
        }
        fwrite(at, word, 1, out);
        at += word;
        column += (int)word + 1;
        if (*at) {
            at++;
            /* the blank, unless the next word starts a line */
            if (!term->terminal || column + (int)strcspn(at, " ") <= term->width)
                putc(' ', out);
        }
    }
    putc('\n', out);
}

static void put_bar(FILE *out, const struct term *term, double length)
{
    static const char *const eighths[] = {"", "▏", "▎", "▍", "▌", "▋", "▊", "▉"};
    int whole = (int)length;

    for (int i = 0; i < whole; i++)
        fputs(term->blocks ? "█" : "#", out);
    if (term->blocks)
        fputs(eighths[(int)(8 * (length - whole))], out);
    else if (whole == 0)
        putc('#', out);
}

void term_bars(FILE *out, const struct term *term, const struct bench *bench,
               enum bench_cache cache, int name_width)
{
    const int figures = 16; /* columns beside a bar */
    double longest = 0;
    int room = term->width - name_width - figures;

    if (!term->terminal || room < 10)
        return;
    room = room < BAR_MAX ? room : BAR_MAX;
    for (size_t i = 0; i < bench->n_arms; i++)
        longest = fmax(longest, summary_of(bench, i, cache).median); /* skips NAN */
    putc('\n', out);
    for (size_t i = 0; i < bench->n_arms && longest > 0; i++) {
        struct bench_summary sum = summary_of(bench, i, cache);
        const char *colour = i == bench->baseline        ? ""
                             : !summary_detectable(&sum) ? "\033[33m"
                             : sum.ratio > 1             ? "\033[32m"
                                                         : "\033[31m";
        if (sum.runs == 0)
            continue;
        fprintf(out, "%-*s ", name_width, bench->arms[i].name);
        fputs(term->colour ? colour : "", out);
        put_bar(out, term, sum.median / longest * room);
        fputs(term->colour && *colour ? "\033[0m" : "", out);
        fprintf(out, " %.3g s\n", sum.median);
    }
}
