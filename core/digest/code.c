/* code.c: tells which code computes the digests. See digest.h. */
#define _GNU_SOURCE
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "digest.h"
#include "libraries.h"
#include "sha.h"

/* Instructions of x86 as OpenSSL numbers them: bits of the words 0 and 1 of OPENSSL_ia32cap. */
enum {
    INTEL = 30,
    SSSE3 = 41,
    AVX = 60,
    BMI1 = 3,
    AVX2 = 5,
    BMI2 = 8,
    SHA = 29,
};

static bool has(uint64_t word, unsigned bit)
{
    return word >> bit & 1;
}

/* Returns the instructions that OpenSSL's SHA-256 uses, or what the library tells of the processor:
 * settings is "OPENSSL_ia32cap=0x...:0x..." or the like. */
static const char *instructions(const char *settings)
{
    uint64_t first, second;

    if (sscanf(settings, "OPENSSL_ia32cap=0x%" SCNx64 ":0x%" SCNx64, &first, &second) != 2)
        return settings;
    if (has(second, SHA))
        return "SHA instructions";
    if (has(second, AVX2) && has(second, BMI1) && has(second, BMI2))
        return "AVX2";
    if (has(first, AVX) && has(first, INTEL))
        return "AVX";
    return has(first, SSSE3) ? "SSSE3" : "no special instructions";
}

void digest_code(char sha256[DIGEST_CODE_BYTES], char others[DIGEST_CODE_BYTES])
{
    const struct libcrypto *crypto = libcrypto();
    const struct libsodium *sodium = libsodium();
    const char *settings = crypto ? crypto->OPENSSL_info(OPENSSL_INFO_CPU_SETTINGS) : NULL;
    const char *with = settings ? instructions(settings) : "unknown instructions";

    if (sha_find("SHA256"))
        snprintf(sha256, DIGEST_CODE_BYTES, "OpenSSL %s, built in, %s", OPENSSL_VERSION_STR, with);
    else
        snprintf(sha256, DIGEST_CODE_BYTES, "OpenSSL's library, %s", with);
    snprintf(others, DIGEST_CODE_BYTES, "%s%s, %s%s",
             crypto ? "OpenSSL " : "OpenSSL cannot be loaded",
             crypto ? crypto->OpenSSL_version(OPENSSL_VERSION_STRING) : "",
             sodium ? "libsodium " : "libsodium cannot be loaded",
             sodium ? sodium->sodium_version_string() : "");
}
