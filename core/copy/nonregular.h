/* nonregular.h: copies for which no bytes are moved: links, FIFOs, devices. */
#ifndef CORE_COPY_NONREGULAR_H
#define CORE_COPY_NONREGULAR_H

#include "copy.h"

/* Tells whether a source of this type (DT_*) is made here rather than read and written by an
 * engine. */
bool nonregular_is(const struct copy *copy, unsigned char type);
/* Makes its copy, here and now. Returns false if the operands before this one must be copied first
 * (OVERWRITE_LATER). */
bool nonregular_copy(struct copy *copy, struct file *file);

#endif
