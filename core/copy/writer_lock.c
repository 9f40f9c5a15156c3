/* writer_lock.c: see writer_lock.h. */
#define _GNU_SOURCE
#include "writer_lock.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdint.h>
#include <sys/vfs.h>

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

bool writer_lock_is_remote(int fd)
{
    /* GPFS and Lustre have no name in <linux/magic.h>: as in coreutils' stat(1) */
    static const uint32_t remote[] = {
        NFS_SUPER_MAGIC,       SMB_SUPER_MAGIC,  0xff534d42 /* CIFS */,
        0xfe534d42 /* SMB2 */, CEPH_SUPER_MAGIC, AFS_SUPER_MAGIC,
        CODA_SUPER_MAGIC,      V9FS_MAGIC,       FUSE_SUPER_MAGIC,
        0x47504653 /* GPFS */, 0x0bd00bd0 /* Lustre */};
    struct statfs fs;

    if (fstatfs(fd, &fs) < 0)
        return false;
    for (size_t i = 0; i < sizeof(remote) / sizeof(remote[0]); i++)
        if ((uint32_t)fs.f_type == remote[i])
            return true;
    return false;
}
