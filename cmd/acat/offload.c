/* offload.c: copies a large file from the page cache into another file, within the kernel. See
 * offload.h and core/copy/offload.h. An engine reads faster if a file is not in the cache. */
#define _GNU_SOURCE
#include "offload.h"

#include "../../core/base/cache.h"
#include "../../core/copy/offload.h"
#include "../../core/pipeline/progress.h"
#include "../cli/messages.h"
#include "../../core/base/retry.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

static const off_t large_file = 1 << 20; /* for smaller ones a look at the cache does not pay */

int offload_open_cached(const char *name)
{
    struct stat st;
    int fd;

    if (stat(name, &st) < 0 || !S_ISREG(st.st_mode) || st.st_size < large_file)
        return -1;
    /* O_NONBLOCK: by now it may be a FIFO */
    fd = open(name, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    if (fd < 0)
        return -1;
    if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) &&
        cache_resident_end(fd, &st, 0) >= st.st_size / 2)
        return fd;
    close(fd);
    return -1;
}

int64_t offload_to_stdout(int fd, struct progress *progress)
{
    off_t start = lseek(fd, 0, SEEK_CUR), at = start, to_at = lseek(STDOUT_FILENO, 0, SEEK_CUR);
    struct stat st;
    int failed = 0;
    ssize_t n = 0;

    if (at < 0 || to_at < 0 || fstat(fd, &st) < 0 || !S_ISREG(st.st_mode))
        return 0;
    while (failed == 0 && at < st.st_size &&
           (n = offload_cached(fd, (uint64_t)at, STDOUT_FILENO, (uint64_t)to_at,
                               (size_t)(st.st_size - at))) > 0) {
        at += n;
        to_at += n;
        progress_bytes(progress, (uint64_t)n);
        /* later reads and writes must go on behind the copied bytes */
        if (lseek(STDOUT_FILENO, to_at, SEEK_SET) < 0)
            cli_fatal(errno, "standard output");
        if (lseek(fd, at, SEEK_SET) < 0)
            failed = -errno;
    }
    if (n < 0)
        cli_fatal((int)-n, "write error");
    return failed < 0 ? failed : at - start;
}
