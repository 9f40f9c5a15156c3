/* hash.h: the operation behind ahash: read with digests as its sink. */
#ifndef CORE_DIGEST_HASH_H
#define CORE_DIGEST_HASH_H

#include "digest.h"
#include "../engine.h"

/* file->op of a feed whose files are hashed starts with one of these for each digest of the sink.
 */
struct hash_result {
    const struct digest *algorithm; /* for this file; NULL: the sink's */
    struct digest_context *context; /* while its bytes come in; the sink's */
    /* a batch_sink's: the file's first bytes; if passed_on is set, hash_sink has got them */
    char *held;
    size_t held_len;
    bool passed_on;
    uint8_t digest[DIGEST_BYTES_MAX];
};

/* Makes a sink for one worker, which computes these digests of each file in one read; for
 * sink_free. NULL: out of memory. */
struct sink *hash_sink_new(struct digest *const *digests, unsigned count);

#endif
