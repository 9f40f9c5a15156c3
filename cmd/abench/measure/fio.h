/* fio.h: what fio tells of its run. */
#ifndef CMD_ABENCH_MEASURE_FIO_H
#define CMD_ABENCH_MEASURE_FIO_H

/* Finds the report of fio --output-format=json in an output, and the seconds that its jobs took for
 * each byte, without the start of fio. Returns NAN if there is none. */
double fio_seconds_per_byte(const char *path);

#endif
