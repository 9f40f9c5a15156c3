/* report.h: the forms of the report, one file each: screen.c, table.c (--details), csv.c, json.c,
 * markdown.c, html.c and plot.c. */
#ifndef CMD_ABENCH_REPORT_REPORT_H
#define CMD_ABENCH_REPORT_REPORT_H

#include "machine.h"

#include <stdio.h>

void report_screen(FILE *out, const struct bench *bench, const struct machine *machine);
void report_table(FILE *out, const struct bench *bench, const struct machine *machine);
void report_csv(FILE *out, const struct bench *bench);
void report_markdown(FILE *out, const struct bench *bench, const struct machine *machine);
/* Writes a page that needs no other file. */
void report_html(FILE *out, const struct bench *bench, const struct machine *machine);
/* Returns 0, or -1 if memory is short or the output fails. */
int report_json(FILE *out, const struct bench *bench, const struct machine *machine);
void report_plot_require(void); /* exits with a message if gnuplot is missing */
void report_plot(const struct bench *bench);

#endif
