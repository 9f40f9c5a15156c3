/* libraries.h: OpenSSL's libcrypto and libsodium, loaded when the first digest needs them.
 *
 * Most runs need neither: a copy has no digest unless asked for, and sha.h has the usual ones.
 * Loading libcrypto takes 0.9 ms of processor time, and fetching an algorithm 1.4 ms more; the
 * whole cp of a small file takes 1.9. */
#ifndef CORE_DIGEST_LIBRARIES_H
#define CORE_DIGEST_LIBRARIES_H

#ifdef HAVE_IPSEC_MB
#define NO_COMPAT_IMB_API_053
#include <intel-ipsec-mb.h>
#endif
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <sodium.h>

#define LIBCRYPTO_FUNCTIONS(F) \
    F(EVP_MD_fetch)            \
    F(EVP_MD_free)             \
    F(EVP_MD_get_size)         \
    F(EVP_MD_get0_name)        \
    F(EVP_get_digestbyname)    \
    F(EVP_MD_CTX_new)          \
    F(EVP_MD_CTX_free)         \
    F(EVP_DigestInit_ex2)      \
    F(EVP_DigestUpdate)        \
    F(EVP_DigestFinal_ex)      \
    F(OpenSSL_version)         \
    F(OPENSSL_info)

#define LIBSODIUM_FUNCTIONS(F)           \
    F(sodium_init)                       \
    F(sodium_version_string)             \
    F(crypto_generichash_blake2b_init)   \
    F(crypto_generichash_blake2b_update) \
    F(crypto_generichash_blake2b_final)

#define LIBIPSEC_MB_FUNCTIONS(F) \
    F(imb_get_version)           \
    F(alloc_mb_mgr)              \
    F(init_mb_mgr_auto)          \
    F(free_mb_mgr)

/* The functions by their own names. */
#define LIBRARY_MEMBER(name) __typeof__ (&(name))(name);
struct libcrypto {
    LIBCRYPTO_FUNCTIONS(LIBRARY_MEMBER)
};
struct libsodium {
    LIBSODIUM_FUNCTIONS(LIBRARY_MEMBER)
};
#ifdef HAVE_IPSEC_MB
struct libipsec_mb {
    LIBIPSEC_MB_FUNCTIONS(LIBRARY_MEMBER)
};
#endif
#undef LIBRARY_MEMBER

/* Load the library at the first call, initialised; from any thread. NULL: it is not installed, or
 * of another version. */
const struct libcrypto *libcrypto(void);
const struct libsodium *libsodium(void);
#ifdef HAVE_IPSEC_MB
const struct libipsec_mb *libipsec_mb(void);
#endif

#endif
