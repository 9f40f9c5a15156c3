/* folded.c: see folded.h. */
#define _GNU_SOURCE
#include "folded.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <locale.h>
#include <pthread.h>
#include <string.h>
#include <unistd.h>
#include <wchar.h>
#include <wctype.h>

#include "../base/retry.h"

static locale_t utf8;

static void open_locale(void)
{
    utf8 = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0);
}

/* FNV-1a (Fowler, Noll, Vo): each step takes 8 bits. */
static uint64_t mix(uint64_t hash, uint32_t value)
{
    for (int i = 0; i < 4; i++) {
        hash = (hash ^ (value & 0xff)) * 0x100000001b3;
        value >>= 8;
    }
    return hash;
}

uint64_t folded_hash(uint64_t seed, const char *name)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    uint64_t hash = 0xcbf29ce484222325 ^ seed;
    size_t len = strlen(name);
    mbstate_t state = {0};
    locale_t before;

    pthread_once(&once, open_locale);
    before = uselocale(utf8); /* without that locale it stays: ASCII */
    while (len > 0) {
        wchar_t c;
        size_t n = mbrtowc(&c, name, len, &state);
        if (n == 0 || n > len) { /* not UTF-8: a byte */
            memset(&state, 0, sizeof(state));
            hash = mix(hash, (unsigned char)*name);
            n = 1;
        } else {
            hash = mix(hash, (uint32_t)towlower((wint_t)c));
        }
        name += n;
        len -= n;
    }
    uselocale(before);
    return hash;
}

int folded_count(int dir_fd, const char *name)
{
    uint64_t wanted = folded_hash(0, name);
    int fd = openat(dir_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *dir = fd < 0 ? NULL : fdopendir(fd);
    const struct dirent *entry;
    int count = 0, rc;

    if (!dir) {
        rc = -errno;
        if (fd >= 0)
            close(fd);
        return rc;
    }
    errno = 0;
    while (count < 2 && (entry = readdir(dir)))
        count += folded_hash(0, entry->d_name) == wanted;
    rc = errno ? -errno : count;
    closedir(dir);
    return rc;
}
