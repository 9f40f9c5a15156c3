/* digest.h: message digests, from OpenSSL's libcrypto (sha.h, libraries.h); BLAKE2b from
 * libsodium, which has it in every length and faster. */
#ifndef CORE_DIGEST_DIGEST_H
#define CORE_DIGEST_DIGEST_H

#include <stddef.h>
#include <stdint.h>

enum {
    DIGEST_BYTES_MAX = 64, /* EVP_MAX_MD_SIZE */
};

struct digest;         /* an algorithm */
struct digest_context; /* one computation */

/* Opens an algorithm by OpenSSL's name ("sha256", "sha3-256"; case does not matter), or "blake2b"
 * and "blake2b-BITS". NULL, with errno: ENOENT if there is none of that name; ENOTSUP if OpenSSL
 * knows it, and its configuration provides no implementation; ELIBACC if the library cannot be
 * loaded; ENOMEM. */
struct digest *digest_open(const char *name);
void digest_close(struct digest *digest); /* takes NULL */
size_t digest_bytes(const struct digest *digest);
/* Returns its name in BSD-style lines: "SHA256", "BLAKE2b-256"; digest_open takes it. */
const char *digest_tag(const struct digest *digest);

/* Makes a context, for one computation after the other: making one costs as much as hashing 1 KiB,
 * and changing its algorithm almost as much. NULL: out of memory. */
struct digest_context *digest_context_new(void);
void digest_context_free(struct digest_context *context); /* takes NULL */
/* All three return 0, -ENOMEM, or -EIO if the library fails. */
int digest_begin(struct digest_context *context, const struct digest *digest);
int digest_update(struct digest_context *context, const void *bytes, size_t len);
int digest_end(struct digest_context *context, uint8_t out[DIGEST_BYTES_MAX]);

enum { DIGEST_CODE_BYTES = 160 };
/* Tells which code computes SHA-256, and which computes what the program has no code for. */
void digest_code(char sha256[DIGEST_CODE_BYTES], char others[DIGEST_CODE_BYTES]);

#endif
