/* update.h: which existing files -u and --update=changed leave as they are. */
#ifndef CORE_COPY_UPDATE_H
#define CORE_COPY_UPDATE_H

#include "copy.h"

/* Tells whether copy_opts.update leaves the destination *at of a source *st. */
bool update_leaves(const struct copy *copy, const struct file *file, const struct stat *st,
                   const struct stat *at);
/* UPDATE_CHANGED: sets the preserved attributes of a file that is left, if they differ. If that
 * fails, the file has a report. */
void update_attributes(const struct copy *copy, struct file *file, const struct stat *st,
                       const struct stat *at);

#endif
