/* fio.h: what fio tells of its run. */
#ifndef CMD_ABENCH_MEASURE_FIO_H
#define CMD_ABENCH_MEASURE_FIO_H

#include <stdbool.h>

/* Seconds that the jobs took for each byte, without the start of fio. */
struct fio_times {
    double wall, user, system;
};

/* Finds the report of fio --output-format=json in an output. Returns false if there is none. */
bool fio_read(const char *path, struct fio_times *times);

#endif
