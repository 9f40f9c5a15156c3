/* place.h: directories for the files of a run. If a run is killed, the next one removes them. */
#ifndef CMD_ABENCH_MEASURE_PLACE_H
#define CMD_ABENCH_MEASURE_PLACE_H

#include <limits.h>

#define PLACE_MARK ".abench" /* file in such a directory that its maker holds locked */

/* Makes a directory in base, which is marked and locked until this process ends. Returns 0 or
 * -errno. */
int place_make(const char *base, char path[PATH_MAX]);
/* Removes the directories in base that place_make made for processes that have ended, and says so.
 * Names those that were made before this machine was started, or on another one. */
void place_sweep(const char *base);
/* Removes a directory of place_make, or a directory in it, with all that it contains. Returns 0 or
 * -EIO. */
int place_remove(const char *path);

#endif
