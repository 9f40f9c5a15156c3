/* sha.h: MD5, SHA-1 and SHA-2 without loading a library.
 *
 * If libcrypto is there as a static library when the program is built, these functions of it are
 * linked into the program: 38 KB, the same code for each processor, and nothing to load. A digest
 * of 4 KiB takes 0.05 ms of processor time beside the start of the program, 2.3 ms by EVP. */
#ifndef CORE_DIGEST_SHA_H
#define CORE_DIGEST_SHA_H

#include <stddef.h>
#include <stdint.h>

/* An algorithm. The functions return whether they succeeded. */
struct sha {
    const char *tag; /* "SHA256" */
    size_t bytes;
    int (*begin)(void *state);
    int (*update)(void *state, const void *bytes, size_t len);
    int (*end)(void *state, uint8_t *out);
};

enum {
    SHA_STATE_BYTES_MAX = 256,
};

/* Finds one by a name that OpenSSL takes. NULL: there is none; or OpenSSL's configuration decides,
 * because $OPENSSL_CONF or $OPENSSL_MODULES is set, or the system is in FIPS mode. */
const struct sha *sha_find(const char *name);

#endif
