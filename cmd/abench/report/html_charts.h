/* html_charts.h: the charts of the page of --html. */
#ifndef CMD_ABENCH_REPORT_HTML_CHARTS_H
#define CMD_ABENCH_REPORT_HTML_CHARTS_H

#include "../context.h"

#include <stdio.h>

/* Charts of one state. Each writes nothing if there is nothing to draw. */
void html_bars(FILE *out, const struct bench *bench, enum bench_cache cache);
void html_curves(FILE *out, const struct bench *bench, enum bench_cache cache);
void html_samples(FILE *out, const struct bench *bench, enum bench_cache cache);

#endif
