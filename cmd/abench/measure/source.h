/* source.h: files that other processes change while they are measured, and files that cannot be
 * read. They are left out, and counted. */
#ifndef CMD_ABENCH_MEASURE_SOURCE_H
#define CMD_ABENCH_MEASURE_SOURCE_H

#include "../context.h"

/* Returns true if a file has changed since abench began, has vanished, or cannot be read. */
bool source_changed(const struct bench *bench, const char *path);
/* Returns true if a difference at this name does not count: see source_changed, but a name has
 * vanished only if its directory has changed; one_sided: an entry that only the source or only the
 * result has, also if its directory has changed. */
bool source_forgives(const struct bench *bench, const char *path, bool one_sided);
/* Removes files that have changed from the list, and counts them. Returns 0 or -errno. */
int source_refresh(struct bench *bench);

#endif
