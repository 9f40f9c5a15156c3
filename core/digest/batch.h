/* batch.h: many digests at once, by libipsec-mb, which computes each in a lane of the vector
 * registers.
 *
 * SHA-NI digests one message at a time. With AVX-512, 16 messages take as long as one of them, or 8
 * for SHA-384 and SHA-512; with AVX2 half as many. GB/s on one core (Xeon of 2023, 2.3 GHz,
 * OpenSSL 3.0, libipsec-mb 1.3; messages of 1, 4, 16 and 64 KiB):
 *
 *             OpenSSL              AVX-512              AVX2
 *   SHA-1     1.2 1.2 1.2 1.5      4.1 5.4 5.5 6.2      1.7 2.7 2.7 2.7
 *   SHA-256   1.2 1.4 1.4 1.4      2.4 2.8 3.2 3.1      1.6 1.8 1.8 1.8
 *   SHA-512   0.5 0.5 0.6 0.6      1.9 2.4 2.6 2.7      0.9 1.0 1.0 1.0
 *
 * SHA-224 is SHA-256, and SHA-384 is SHA-512. AVX2 gains little over SHA-NI: it is used only for
 * SHA-384 and SHA-512, or if the processor has no SHA-NI. One message takes as long
 * as one in every lane, so a few messages alone are digested by OpenSSL.
 *
 * Files of a Linux source tree, with the time to read and to list them: 11% less processor time for
 * SHA-256, 20% for SHA-1, 29% for SHA-512. Half of its bytes are in files that are longer than the
 * library takes.
 *
 * The library is loaded by the first batch, which takes 0.5 ms, or 6 if it is not in the page
 * cache. A program that never makes one does not need it. */
#ifndef CORE_DIGEST_BATCH_H
#define CORE_DIGEST_BATCH_H

#include <stdbool.h>

#include "digest.h"

enum {
    BATCH_MESSAGE_BYTES_MAX = 65534, /* the library's limit */
};

struct batch; /* used by one thread */

/* NULL: the program was built without libipsec-mb, it is not installed, it has no use for this
 * processor, it has computed a wrong digest, sha.h has no code that it could replace, or memory is
 * short. */
struct batch *batch_new(void);
/* Frees a batch without messages. Takes NULL. */
void batch_free(struct batch *batch);

/* Takes a message: its bytes must not change until batch_done has returned its owner,
 * which is not NULL. Returns false if the message is better digested by digest.h: empty or long, of
 * another algorithm, or one too many. */
bool batch_add(struct batch *batch, const struct digest *digest, const void *bytes, size_t len,
               uint8_t *out, void *owner);
/* Returns the owner of a message whose digest is in out, in any order. *status is 0, or -errno as
 * of digest_end. Returns NULL if all messages wait for more to be computed with them; with flush
 * set, only if there is none. */
void *batch_done(struct batch *batch, bool flush, int *status);

/* Returns what computes the digests, once there was a batch, for people: "libipsec-mb, AVX-512, 16
 * at a time". */
const char *batch_name(void);

#endif
