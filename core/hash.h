/* hash.h: the operation behind ahash: read with a digest as its sink. */
#ifndef CORE_HASH_H
#define CORE_HASH_H

#include "digest.h"
#include "engine.h"

/* file->op of a feed whose files are hashed starts with this (op_bytes at least its size). */
struct hash_result {
    struct digest_context *context; /* while its bytes come in; the sink's */
    uint8_t digest[DIGEST_BYTES_MAX];
};

/* A sink for one worker. NULL: out of memory. */
struct sink *hash_sink_new(const struct digest *digest);
void hash_sink_free(struct sink *sink); /* takes NULL */

#endif
