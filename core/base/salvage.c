/* salvage.c: reading the good bytes before a bad place of a device. See salvage.h.
 *
 * One bad sector fails a whole direct read. The read is repeated in pieces of one size, and not in
 * halves: a disk may take many seconds for each read that fails, and only two of the pieces do. */
#define _GNU_SOURCE
#include "salvage.h"

#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

#include "retry.h"

enum {
    PAGE_PIECE = 4096,  /* a buffered read delivers whole pages up to the bad one */
    SECTOR_PIECE = 512, /* the smallest direct read, if the device has such sectors */
};

size_t salvage_read(int fd, char *buf, size_t len, uint64_t offset, int *status)
{
    size_t piece = PAGE_PIECE, got = 0;
    struct stat st;

    if (fstat(fd, &st) < 0 || (!S_ISREG(st.st_mode) && !S_ISBLK(st.st_mode)))
        return 0; /* a pipe, a tape: reading again may not be the same */
    while (got < len) {
        size_t want = len - got < piece ? len - got : piece;
        ssize_t n = pread(fd, buf + got, want, (off_t)(offset + got));
        if (n > 0)
            got += (size_t)n;
        else if (n == 0)
            break;
        else if (errno != EINTR && piece == SECTOR_PIECE)
            return got;
        else if (errno != EINTR)
            piece = SECTOR_PIECE;
    }
    *status = 0;
    return got;
}
