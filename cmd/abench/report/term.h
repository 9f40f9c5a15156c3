/* term.h: what depends on where the table goes. */
#ifndef CMD_ABENCH_REPORT_TERM_H
#define CMD_ABENCH_REPORT_TERM_H

#include "../context.h"

#include <stdio.h>

struct term {
    bool terminal; /* else none of the rest counts */
    bool colour;
    bool blocks; /* it shows UTF-8 */
    int width;
};
void term_init(struct term *term, FILE *out);
bool term_fits(const struct term *term, int columns);
/* A keyword and what there is to say, in lines of the terminal's width. */
void term_line(FILE *out, const struct term *term, const char *keyword, const char *text);
/* A bar for each arm's seconds; on terminals only. */
void term_bars(FILE *out, const struct term *term, const struct bench *bench,
               enum bench_cache cache, int name_width);

#endif
