/* batch_sink.h: a sink that digests small files together: batch.h. */
#ifndef CORE_DIGEST_BATCH_SINK_H
#define CORE_DIGEST_BATCH_SINK_H

#include "digest.h"
#include "../engine.h"

/* Makes a sink for sink_free that has inner, which it owns, digest all other files. inner is a sink
 * of hash.h with this one digest, or one that gives everything to it. Takes NULL. Returns NULL if
 * inner is NULL, or memory is short. */
struct sink *batch_sink_new(struct sink *inner, const struct digest *digest);

#endif
