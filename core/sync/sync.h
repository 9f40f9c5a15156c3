/* sync.h: the blocking engine's operations. */
#ifndef CORE_SYNC_SYNC_H
#define CORE_SYNC_SYNC_H

#include "../engine.h"

int sync_read(const struct engine_opts *opts, struct feed *feed, struct sink *sink,
              struct stats *stats);
int sync_copy(const struct engine_opts *opts, struct feed *feed, struct copy *copy,
              struct sink *sink, struct stats *stats);
int sync_load(struct load *load, struct load_result *result);

#endif
