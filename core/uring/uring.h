/* uring.h: the io_uring engine's operations. */
#ifndef CORE_URING_URING_H
#define CORE_URING_URING_H

#include "../engine.h"

int uring_read(const struct engine_opts *opts, struct feed *feed, struct sink *sink,
               struct stats *stats);
int uring_copy(const struct engine_opts *opts, struct feed *feed, struct copy *copy,
               struct sink *sink, struct stats *stats);
int uring_load(struct load *load, struct load_result *result);

#endif
