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
/* Prints a keyword and a text, in lines of the terminal's width. */
void term_line(FILE *out, const struct term *term, const char *keyword, const char *text);
/* Prints a bar for each arm's seconds, on a terminal only. */
void term_bars(FILE *out, const struct term *term, const struct bench *bench,
               enum bench_cache cache, int name_width);

#endif
