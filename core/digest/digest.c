/* digest.c: see digest.h. */
#define _GNU_SOURCE
#include "digest.h"

#include <ctype.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "libraries.h"
#include "sha.h"

enum {
    TAG_BYTES = 32,
    BLAKE2B_BITS_MAX = 512,
    /* Bytes that a device or another thread has written are in no cache of this processor. If those
     * AHEAD_BYTES on are fetched while a step is digested, the SHA-256 of a cold 4 GiB file through
     * the ring takes 2.35 instead of 3.2 s, and of a cached one by a thread 2.38 instead of 2.9 s.
     * Bytes that this processor has just copied: 2.32 and 2.28 s (Xeon, SHA instructions). SHA-512
     * and MD5: no difference. */
    STEP_BYTES = 2048,
    AHEAD_BYTES = 4096,
    CACHE_LINE_BYTES = 64,
};

struct digest {
    const struct sha *sha;
    EVP_MD *md;
    /* Neither: BLAKE2b. OpenSSL 3.0 has it with 512 bits only, and at 0.78 GB/s; libsodium does
     * 1.03 (AVX2) */
    size_t bytes;
    char tag[TAG_BYTES];
};

/* One library's state; what the others would need is made when it is needed first. */
struct digest_context {
    const struct digest *digest;
    char sha[SHA_STATE_BYTES_MAX] __attribute__((aligned(8)));
    EVP_MD_CTX *evp;
    crypto_generichash_blake2b_state *blake2b;
};

/* Returns the bits of "blake2b" or "blake2b-BITS"; 0: it is another name. */
static unsigned blake2b_bits(const char *name)
{
    static const char prefix[] = "blake2b";
    size_t prefix_len = sizeof(prefix) - 1;
    unsigned long bits;
    char *end;

    if (strncasecmp(name, prefix, prefix_len) != 0)
        return 0;
    name += prefix_len;
    /* "blake2b512" and "blake2b-512" are OpenSSL's names for it */
    if (*name == 0 || strcmp(name, "512") == 0)
        return BLAKE2B_BITS_MAX;
    if (*name != '-' || !isdigit((unsigned char)name[1]))
        return 0;
    bits = strtoul(name + 1, &end, 10);
    return *end == 0 && bits % 8 == 0 && bits <= BLAKE2B_BITS_MAX ? (unsigned)bits : 0;
}

/* These return 0 or an errno. */

static int open_blake2b(struct digest *digest, unsigned bits)
{
    if (!libsodium())
        return ELIBACC;
    digest->bytes = bits / 8;
    if (bits == BLAKE2B_BITS_MAX)
        memcpy(digest->tag, "BLAKE2b", sizeof("BLAKE2b"));
    else
        snprintf(digest->tag, TAG_BYTES, "BLAKE2b-%u", bits);
    return 0;
}

static int open_sha(struct digest *digest, const struct sha *sha)
{
    digest->sha = sha;
    digest->bytes = sha->bytes;
    snprintf(digest->tag, TAG_BYTES, "%s", sha->tag);
    return 0;
}

/* Sets the tag: OpenSSL's first name as other programs write it: SHA256 for SHA2-256, SHA512-256
 * for SHA2-512/256. */
static void name_tag(struct digest *digest, const char *name)
{
    const char *from = strncmp(name, "SHA2-", 5) == 0 ? name + 5 : name;
    size_t len = (size_t)snprintf(digest->tag, TAG_BYTES, "%s%s", from == name ? "" : "SHA", from);

    for (size_t i = 0; i < len && i < TAG_BYTES; i++)
        if (digest->tag[i] == '/')
            digest->tag[i] = '-';
}

static int open_evp(struct digest *digest, const char *name)
{
    const struct libcrypto *crypto = libcrypto();
    int bytes;

    if (!crypto)
        return ELIBACC;
    digest->md = crypto->EVP_MD_fetch(NULL, name, NULL);
    bytes = digest->md ? crypto->EVP_MD_get_size(digest->md) : 0;
    if (bytes <= 0 || bytes > DIGEST_BYTES_MAX) /* "NULL" is one of them */
        /* a name without an implementation: the configuration activates no provider that has one */
        return crypto->EVP_get_digestbyname(name) ? ENOTSUP : ENOENT;
    digest->bytes = (size_t)bytes;
    name_tag(digest, crypto->EVP_MD_get0_name(digest->md));
    return 0;
}

struct digest *digest_open(const char *name)
{
    struct digest *digest = calloc(1, sizeof(*digest));
    const struct sha *sha = sha_find(name);
    unsigned bits = blake2b_bits(name);
    int error = ENOMEM;

    if (digest)
        error = sha    ? open_sha(digest, sha)
                : bits ? open_blake2b(digest, bits)
                       : open_evp(digest, name);
    if (error == 0)
        return digest;
    digest_close(digest);
    errno = error;
    return NULL;
}

void digest_close(struct digest *digest)
{
    if (!digest)
        return;
    if (digest->md)
        libcrypto()->EVP_MD_free(digest->md);
    free(digest);
}

size_t digest_bytes(const struct digest *digest)
{
    return digest->bytes;
}

const char *digest_tag(const struct digest *digest)
{
    return digest->tag;
}

struct digest_context *digest_context_new(void)
{
    return calloc(1, sizeof(struct digest_context));
}

void digest_context_free(struct digest_context *context)
{
    if (!context)
        return;
    if (context->evp)
        libcrypto()->EVP_MD_CTX_free(context->evp);
    free(context->blake2b);
    free(context);
}

static int begin_evp(struct digest_context *context, const struct digest *digest)
{
    const struct libcrypto *crypto = libcrypto();

    if (!context->evp)
        context->evp = crypto->EVP_MD_CTX_new();
    if (!context->evp)
        return -ENOMEM;
    return crypto->EVP_DigestInit_ex2(context->evp, digest->md, NULL) ? 0 : -EIO;
}

static int begin_blake2b(struct digest_context *context, const struct digest *digest)
{
    if (!context->blake2b)
        context->blake2b = aligned_alloc(64, (sizeof(*context->blake2b) + 63) & ~(size_t)63);
    if (!context->blake2b)
        return -ENOMEM;
    return libsodium()->crypto_generichash_blake2b_init(context->blake2b, NULL, 0, digest->bytes) ==
                   0
               ? 0
               : -EIO;
}

int digest_begin(struct digest_context *context, const struct digest *digest)
{
    context->digest = digest;
    if (digest->sha)
        return digest->sha->begin(context->sha) ? 0 : -EIO;
    return digest->md ? begin_evp(context, digest) : begin_blake2b(context, digest);
}

/* Fetches the next bytes ahead: SHA by its instructions is so fast that it waits for memory. See
 * AHEAD_BYTES. */
static bool update_sha(struct digest_context *context, const char *bytes, size_t len)
{
    bool ok = true;

    for (size_t at = 0; at < len && ok; at += STEP_BYTES) {
        size_t step = len - at < STEP_BYTES ? len - at : STEP_BYTES;
        size_t next = at + AHEAD_BYTES, end = next + STEP_BYTES < len ? next + STEP_BYTES : len;
        for (; next < end; next += CACHE_LINE_BYTES)
            __builtin_prefetch(bytes + next);
        ok = context->digest->sha->update(context->sha, bytes + at, step);
    }
    return ok;
}

int digest_update(struct digest_context *context, const void *bytes, size_t len)
{
    const struct digest *digest = context->digest;
    bool ok;

    if (digest->sha)
        ok = update_sha(context, bytes, len);
    else if (digest->md)
        ok = libcrypto()->EVP_DigestUpdate(context->evp, bytes, len);
    else
        ok = libsodium()->crypto_generichash_blake2b_update(context->blake2b, bytes, len) == 0;
    return ok ? 0 : -EIO;
}

int digest_end(struct digest_context *context, uint8_t out[DIGEST_BYTES_MAX])
{
    const struct digest *digest = context->digest;
    bool ok;

    if (digest->sha)
        ok = digest->sha->end(context->sha, out);
    else if (digest->md)
        ok = libcrypto()->EVP_DigestFinal_ex(context->evp, out, NULL);
    else
        ok = libsodium()->crypto_generichash_blake2b_final(context->blake2b, out, digest->bytes) ==
             0;
    return ok ? 0 : -EIO;
}
