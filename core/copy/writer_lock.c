/* writer_lock.c: see writer_lock.h. */
#define _GNU_SOURCE
#include "writer_lock.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>

/* The last two bytes that an offset can name: programs that lock records lock what they have
 * written. A maker locks both, so that its lock can be told from a rewriter's. */
static const int64_t lock_at = INT64_MAX - 2;

enum writer writer_lock(int fd, bool creates)
{
    struct flock lock = {
        .l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = lock_at, .l_len = creates ? 2 : 1};

    if (fcntl(fd, F_OFD_SETLK, &lock) == 0 || (errno != EAGAIN && errno != EACCES))
        return WRITER_SELF;
    /* the second byte only a maker has */
    lock = (struct flock){
        .l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = lock_at + 1, .l_len = 1};
    if (fcntl(fd, F_OFD_GETLK, &lock) == 0 && lock.l_type != F_UNLCK)
        return WRITER_CREATES;
    return WRITER_REWRITES;
}
