/* digest.c: the only place that knows OpenSSL. See digest.h. */
#define _GNU_SOURCE
#include "digest.h"

#include <errno.h>
#include <openssl/evp.h>

/* struct digest is an EVP_MD and struct digest_context an EVP_MD_CTX under other names: nothing to
 * add to them. */
static const EVP_MD *md_of(const struct digest *digest)
{
    return (const EVP_MD *)digest;
}

static EVP_MD_CTX *ctx_of(struct digest_context *context)
{
    return (EVP_MD_CTX *)context;
}

struct digest *digest_open(const char *name)
{
    return (struct digest *)EVP_MD_fetch(NULL, name, NULL);
}

void digest_close(struct digest *digest)
{
    EVP_MD_free((EVP_MD *)digest);
}

size_t digest_bytes(const struct digest *digest)
{
    return (size_t)EVP_MD_get_size(md_of(digest));
}

struct digest_context *digest_context_new(void)
{
    return (struct digest_context *)EVP_MD_CTX_new();
}

void digest_context_free(struct digest_context *context)
{
    EVP_MD_CTX_free(ctx_of(context));
}

int digest_begin(struct digest_context *context, const struct digest *digest)
{
    return EVP_DigestInit_ex2(ctx_of(context), md_of(digest), NULL) ? 0 : -EIO;
}

int digest_update(struct digest_context *context, const void *bytes, size_t len)
{
    return EVP_DigestUpdate(ctx_of(context), bytes, len) ? 0 : -EIO;
}

int digest_end(struct digest_context *context, uint8_t out[DIGEST_BYTES_MAX])
{
    return EVP_DigestFinal_ex(ctx_of(context), out, NULL) ? 0 : -EIO;
}
