/* columns.h: the table of the arms as cells of text, for formats that lay out tables themselves. */
#ifndef CMD_ABENCH_REPORT_COLUMNS_H
#define CMD_ABENCH_REPORT_COLUMNS_H

#include "summary.h"

enum { COLUMNS_MAX = 18, COLUMN_BYTES = 64 };

struct columns {
    size_t n;
    char cells[COLUMNS_MAX][COLUMN_BYTES]; /* without the arm's name */
};

struct columns columns_head(const struct bench *bench);
/* Returns one cell that says why if the arm has no good runs. */
struct columns columns_of(const struct bench *bench, size_t arm, enum bench_cache cache);

#endif
