/* sha.c: see sha.h. */
#define _GNU_SOURCE
#define OPENSSL_SUPPRESS_DEPRECATED /* EVP would need the rest of libcrypto, and its providers */
#include "sha.h"

#ifdef HAVE_STATIC_LIBCRYPTO

#include <fcntl.h>
#include <openssl/md5.h>
#include <openssl/sha.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../base/retry.h"

#define FUNCTIONS(name, type)                                            \
    static int name##_begin(void *state)                                 \
    {                                                                    \
        return name##_Init(state);                                       \
    }                                                                    \
    static int name##_update(void *state, const void *bytes, size_t len) \
    {                                                                    \
        return name##_Update(state, bytes, len);                         \
    }                                                                    \
    static int name##_end(void *state, uint8_t *out)                     \
    {                                                                    \
        return name##_Final(out, state);                                 \
    }                                                                    \
    _Static_assert(sizeof(type) <= SHA_STATE_BYTES_MAX, "a state is larger");

FUNCTIONS(MD5, MD5_CTX)
FUNCTIONS(SHA1, SHA_CTX)
FUNCTIONS(SHA224, SHA256_CTX)
FUNCTIONS(SHA256, SHA256_CTX)
FUNCTIONS(SHA384, SHA512_CTX)
FUNCTIONS(SHA512, SHA512_CTX)

#define ALGORITHM(name, bytes)                                \
    {                                                         \
#name, bytes, name##_begin, name##_update, name##_end \
    }

static const struct sha algorithms[] = {
    ALGORITHM(MD5, MD5_DIGEST_LENGTH),       ALGORITHM(SHA1, SHA_DIGEST_LENGTH),
    ALGORITHM(SHA224, SHA224_DIGEST_LENGTH), ALGORITHM(SHA256, SHA256_DIGEST_LENGTH),
    ALGORITHM(SHA384, SHA384_DIGEST_LENGTH), ALGORITHM(SHA512, SHA512_DIGEST_LENGTH),
};

static bool is_fips_mode(void)
{
    int fd = open("/proc/sys/crypto/fips_enabled", O_RDONLY | O_CLOEXEC);
    char value = '0';

    if (fd < 0)
        return false;
    if (read(fd, &value, 1) < 0)
        value = '0';
    close(fd);
    return value != '0';
}

/* Tells whether a name is that of an algorithm, as OpenSSL has them: SHA256, SHA-256, SHA2-256. */
static bool is_name(const char *name, const char *tag)
{
    static const char *const prefixes[] = {"SHA-", "SHA2-"};

    if (strcasecmp(name, tag) == 0)
        return true;
    for (size_t i = 0; i < 2 && strncmp(tag, "SHA", 3) == 0; i++) {
        size_t len = strlen(prefixes[i]);
        if (strncasecmp(name, prefixes[i], len) == 0 && strcmp(name + len, tag + 3) == 0)
            return i == 0 || strcmp(tag, "SHA1") != 0;
    }
    return false;
}

const struct sha *sha_find(const char *name)
{
    for (size_t i = 0; i < sizeof(algorithms) / sizeof(algorithms[0]); i++)
        if (is_name(name, algorithms[i].tag))
            return getenv("OPENSSL_CONF") || getenv("OPENSSL_MODULES") || is_fips_mode()
                       ? NULL
                       : &algorithms[i];
    return NULL;
}

#else

const struct sha *sha_find(const char *name)
{
    (void)name;
    return NULL;
}

#endif
