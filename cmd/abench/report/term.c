/* term.c: the differences between a terminal, with its width, bars and colours, and a pipe or file,
 * with plain lines. */
#define _GNU_SOURCE
#include "term.h"
#include "summary.h"
#include "words.h"

#include "../../cli/lines.h"
#include "../../cli/quote.h"

#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum {
    WIDTH_USUAL = 80,
    WIDTH_MIN = 40,
    INDENT = 9,       /* columns of a keyword */
    SHORT_INDENT = 7, /* of the report on one screen */
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

/* Counts the columns of a text up to a limit. Returns the bytes up to there. */
static size_t measure(const char *text, int limit, int *columns)
{
    size_t at = 0, len = strlen(text);

    for (*columns = 0; at < len;) {
        struct cli_char c = cli_char(text + at, len - at);
        if (*columns + (int)c.columns > limit)
            break;
        *columns += (int)c.columns;
        at += c.bytes;
    }
    return at;
}

int term_columns(const char *text)
{
    int columns;

    measure(text, INT_MAX, &columns);
    return columns;
}

void term_name(FILE *out, const char *name, int columns)
{
    int printed;
    size_t bytes = measure(name, columns, &printed);

    fprintf(out, "%.*s%*s", (int)bytes, name, columns - printed, "");
}

void term_line(FILE *out, const struct term *term, const char *keyword, const char *text)
{
    fprintf(out, "%-*s", INDENT, keyword);
    cli_put_words(out, text, INDENT, INDENT, term->terminal ? term->width : 0);
}

int term_wrap_width(const struct term *term)
{
    return term->terminal && term->width < WIDTH_USUAL ? term->width : WIDTH_USUAL;
}

void term_wrap(FILE *out, const struct term *term, const char *keyword, const char *text)
{
    int indent = keyword ? SHORT_INDENT : 0;

    fprintf(out, "%-*s", indent, keyword ? keyword : "");
    cli_put_words(out, text, indent, indent, term_wrap_width(term));
}

/* Returns how many bytes of a text, up to a blank, fit into the columns; all if no blank does. */
static size_t fitting(const char *text, size_t len, int columns)
{
    size_t cut = columns > 0 ? (size_t)columns : 0;

    if (len <= cut)
        return len;
    while (cut > 0 && text[cut] != ' ')
        cut--;
    return cut > 0 ? cut : len;
}

void term_answer(FILE *out, const struct term *term, char *text)
{
    const char *answer = text ? strstr(text, "?  ") : NULL, *colour;

    if (!answer) {
        free(text);
        return;
    }
    answer += 3;
    colour = strncmp(answer, "CANNOT", 6) == 0 ? "\033[1;33m"
             : strncmp(answer, "YES", 3) == 0  ? "\033[1;32m"
                                               : "\033[1m";
    size_t loud = strcspn(answer, "\n");
    const char *gap = strstr(answer, "   ");
    if (gap && gap < answer + loud)
        loud = (size_t)(gap - answer);
    loud = fitting(answer, loud, term_wrap_width(term) - (int)(answer - text));
    fwrite(text, (size_t)(answer - text), 1, out);
    fprintf(out, "%s%.*s%s", term->colour ? colour : "", (int)loud, answer,
            term->colour ? "\033[0m" : "");
    int column = (int)(answer - text) + (int)loud;
    int indent = gap ? column + 3 : SHORT_INDENT;
    if (indent > term_wrap_width(term) / 2)
        indent = SHORT_INDENT;
    cli_put_words(out, answer + loud, column, indent, term_wrap_width(term));
    free(text);
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
        term_name(out, bench->arms[i].name, name_width + 1);
        fputs(term->colour ? colour : "", out);
        put_bar(out, term, sum.median / longest * room);
        fputs(term->colour && *colour ? "\033[0m" : "", out);
        fprintf(out, " %s\n", words_seconds(sum.median));
    }
}

const char *term_fill(const struct term *term, enum term_fill fill)
{
    static const char *const plain[FILLS] = {"#", ".", "-"};
    static const char *const blocks[FILLS] = {"█", "░", "▒"};

    return (term->terminal && term->blocks ? blocks : plain)[fill];
}

void term_split_bar(FILE *out, const struct term *term, double length, const double *shares,
                    int columns)
{
    int column = 0;
    double end = 0;

    for (unsigned fill = 0; fill < FILLS; fill++) {
        end += shares[fill] * length;
        /* rounded at the ends of the parts, so that the whole has its length */
        for (; column < (int)lround(end) && column < columns; column++)
            fputs(term_fill(term, fill), out);
    }
    if (column == 0) {
        fputs(term_fill(term, FILL_COMPUTING), out);
        column = 1;
    }
    fprintf(out, "%*s", columns - column, "");
}
