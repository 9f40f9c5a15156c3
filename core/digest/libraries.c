/* libraries.c: see libraries.h. */
#define _GNU_SOURCE
#include "libraries.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stddef.h>

#ifdef LIBRARIES_LINKED /* a program without shared libraries */

#define FUNCTION(name) .name = (name),

const struct libcrypto *libcrypto(void)
{
    static const struct libcrypto functions = {LIBCRYPTO_FUNCTIONS(FUNCTION)};

    return &functions;
}

const struct libsodium *libsodium(void)
{
    static const struct libsodium functions = {LIBSODIUM_FUNCTIONS(FUNCTION)};

    return functions.sodium_init() < 0 ? NULL : &functions;
}

#else

#define STRING(text) #text
#define TEXT(macro) STRING(macro)

struct function {
    const char *name;
    size_t at; /* offset in the struct */
};

/* Fills a struct of function pointers. Returns it, or NULL if the library lacks one of them. */
static void *load(const char *soname, const struct function *list, size_t count, void *functions)
{
    void *library = dlopen(soname, RTLD_NOW | RTLD_LOCAL);

    for (size_t i = 0; library && i < count; i++) {
        void *function = dlsym(library, list[i].name);
        if (!function)
            return NULL;
        *(void **)((char *)functions + list[i].at) = function;
    }
    return library ? functions : NULL;
}

static const struct libcrypto *loaded_libcrypto;
static const struct libsodium *loaded_libsodium;

static void load_libcrypto(void)
{
#define FUNCTION(name) {#name, offsetof(struct libcrypto, name)},
    static const struct function list[] = {LIBCRYPTO_FUNCTIONS(FUNCTION)};
#undef FUNCTION
    static struct libcrypto functions;

    loaded_libcrypto = load(TEXT(LIBCRYPTO_SONAME), list, sizeof(list) / sizeof(list[0]),
                            &functions);
}

static void load_libsodium(void)
{
#define FUNCTION(name) {#name, offsetof(struct libsodium, name)},
    static const struct function list[] = {LIBSODIUM_FUNCTIONS(FUNCTION)};
#undef FUNCTION
    static struct libsodium functions;
    struct libsodium *loaded = load(TEXT(LIBSODIUM_SONAME), list, sizeof(list) / sizeof(list[0]),
                                    &functions);

    if (loaded && loaded->sodium_init() >= 0)
        loaded_libsodium = loaded;
}

const struct libcrypto *libcrypto(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;

    pthread_once(&once, load_libcrypto);
    return loaded_libcrypto;
}

const struct libsodium *libsodium(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;

    pthread_once(&once, load_libsodium);
    return loaded_libsodium;
}

#ifdef HAVE_IPSEC_MB

static const struct libipsec_mb *loaded_libipsec_mb;

static void load_libipsec_mb(void)
{
#define FUNCTION(name) {#name, offsetof(struct libipsec_mb, name)},
    static const struct function list[] = {LIBIPSEC_MB_FUNCTIONS(FUNCTION)};
#undef FUNCTION
    static struct libipsec_mb functions;
    const char *soname = IMB_VERSION_NUM < IMB_VERSION(2, 0, 0) ? "libIPSec_MB.so.1"
                                                                : "libIPSec_MB.so.2";
    struct libipsec_mb *loaded = load(soname, list, sizeof(list) / sizeof(list[0]), &functions);

    if (loaded && loaded->imb_get_version() >= IMB_VERSION_NUM)
        loaded_libipsec_mb = loaded;
}

const struct libipsec_mb *libipsec_mb(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;

    pthread_once(&once, load_libipsec_mb);
    return loaded_libipsec_mb;
}

#endif

#endif
