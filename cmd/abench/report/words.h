/* words.h: figures as people read them. Each function returns one of eight static buffers. */
#ifndef CMD_ABENCH_REPORT_WORDS_H
#define CMD_ABENCH_REPORT_WORDS_H

#include <stdint.h>

const char *words_seconds(double seconds);                  /* 8.83 s, 58.4 ms */
const char *words_times(double ratio);                      /* 5.9, 1.04 */
const char *words_interval(double low, double high);        /* 4.7..6.1 */
const char *words_figure(double value);                     /* 1.3, 147, <0.1; NAN: - */
const char *words_bytes(double bytes);                      /* 1.3 GB */
const char *words_count(uint64_t count);                    /* 78,579 */
const char *words_plural(uint64_t count, const char *noun); /* 78,579 files */
/* 78,579 files, or 2,360 of 78,579 files; whole 0: they are not a part */
const char *words_of_whole(uint64_t files, uint64_t whole);

#endif
