/* term.h: the width, colours and characters of the output. */
#ifndef CMD_ABENCH_REPORT_TERM_H
#define CMD_ABENCH_REPORT_TERM_H

#include "../context.h"

#include <stdio.h>

struct term {
    bool terminal; /* false: the other fields are not used */
    bool colour;
    bool blocks; /* can show UTF-8 */
    int width;
};
void term_init(struct term *term, FILE *out);
bool term_fits(const struct term *term, int columns);
/* Returns the columns that a text takes. */
int term_columns(const char *text);
/* Prints a name in this many columns: cut off, or with blanks behind it. */
void term_name(FILE *out, const char *name, int columns);
/* Prints a keyword and a text, in lines of the terminal's width. */
void term_line(FILE *out, const struct term *term, const char *keyword, const char *text);
/* Returns the width of term_wrap's lines: 80, or that of a narrower terminal. */
int term_wrap_width(const struct term *term);
/* Does the same in lines of at most 80 columns, to a pipe or file, too. keyword: NULL: none. */
void term_wrap(FILE *out, const struct term *term, const char *keyword, const char *text);
/* Prints an answer, which it frees, in such lines: a question, two blanks, and the answer, of which
 * further lines are indented; NULL prints nothing. */
void term_answer(FILE *out, const struct term *term, char *text);
/* Prints a bar for each arm's seconds, on a terminal only. */
void term_bars(FILE *out, const struct term *term, const struct bench *bench,
               enum bench_cache cache, int name_width);

enum term_fill { FILL_COMPUTING, FILL_WAITING, FILL_QUEUED, FILLS };
/* Returns the character that stands for a part of a bar. */
const char *term_fill(const struct term *term, enum term_fill fill);
/* Prints a bar of this length, divided by the shares of FILLS parts, and blanks up to columns. */
void term_split_bar(FILE *out, const struct term *term, double length, const double *shares,
                    int columns);

#endif
