/* names0.c: fuzzes lists of names that end in NUL: joined again, the names are the list. */
#define _GNU_SOURCE
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "../../cmd/cli/name_list.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    int fd = memfd_create("names0", MFD_CLOEXEC);
    struct names0 *names;
    const char *name;
    size_t name_len, at = 0;
    uint64_t count = 0;
    char path[64];
    int got;

    snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
    MUST(fd >= 0 && write(fd, data, len) == (ssize_t)len && names0_open(&names, path) == 0);
    while ((got = names0_next(names, &name, &name_len)) != NAMES0_END) {
        MUST(got == NAMES0_NAME || got == NAMES0_EMPTY);
        if (got == NAMES0_EMPTY)
            name_len = 0;
        MUST(at < len && at + name_len <= len);
        MUST(name_len == 0 || (memcmp(name, data + at, name_len) == 0 && name[name_len] == 0 &&
                               strlen(name) == name_len));
        at += name_len;
        MUST(at == len || data[at] == 0);
        at += at < len ? 1 : 0;
        MUST(names0_line(names) == ++count);
    }
    MUST(at == len);
    names0_close(names);
    close(fd);
    return 0;
}
