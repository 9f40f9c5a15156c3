/* statx.c: see statx.h. */
#define _GNU_SOURCE
#include "statx.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>

#include "retry.h"

static struct timespec time_of(const struct statx_timestamp *at)
{
    return (struct timespec){.tv_sec = (time_t)at->tv_sec, .tv_nsec = (long)at->tv_nsec};
}

struct stat statx_stat(const struct statx *stx)
{
    return (struct stat){
        .st_dev = makedev(stx->stx_dev_major, stx->stx_dev_minor),
        .st_ino = stx->stx_ino,
        .st_mode = stx->stx_mode,
        .st_nlink = stx->stx_nlink,
        .st_uid = stx->stx_uid,
        .st_gid = stx->stx_gid,
        .st_rdev = makedev(stx->stx_rdev_major, stx->stx_rdev_minor),
        .st_size = (off_t)stx->stx_size,
        .st_blksize = (blksize_t)stx->stx_blksize,
        .st_blocks = (blkcnt_t)stx->stx_blocks,
        .st_atim = time_of(&stx->stx_atime),
        .st_mtim = time_of(&stx->stx_mtime),
        .st_ctim = time_of(&stx->stx_ctime),
    };
}

int statx_birth(int dir_fd, const char *name, int flags, struct stat *st, int64_t *birth_ns)
{
    struct statx stx;

    *birth_ns = 0;
    if (RETRY(syscall(SYS_statx, dir_fd, name ? name : "", name ? flags : AT_EMPTY_PATH,
                      STATX_BASIC_STATS | STATX_BTIME, &stx)) < 0) {
        if (errno != ENOSYS && errno != EPERM && errno != EINVAL) /* a filter of system calls */
            return -1;
        return name ? fstatat(dir_fd, name, st, flags) : fstat(dir_fd, st);
    }
    *st = statx_stat(&stx);
    if (stx.stx_mask & STATX_BTIME)
        *birth_ns = stx.stx_btime.tv_sec * 1000000000 + stx.stx_btime.tv_nsec;
    return 0;
}
