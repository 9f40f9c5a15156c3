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

/* Returns 1; 0 if the call cannot be made; -1 with errno. */
static int ask(int dir_fd, const char *name, int flags, struct statx *stx)
{
    if (RETRY(syscall(SYS_statx, dir_fd, name, flags, STATX_BASIC_STATS | STATX_BTIME, stx)) == 0)
        return 1;
    /* a filter of system calls */
    return errno == ENOSYS || errno == EPERM || errno == EINVAL ? 0 : -1;
}

int statx_birth(int dir_fd, const char *name, int flags, struct stat *st, int64_t *birth_ns)
{
    struct statx stx;
    int asked = ask(dir_fd, name ? name : "", name ? flags : AT_EMPTY_PATH, &stx);

    *birth_ns = 0;
    if (asked < 0)
        return -1;
    if (asked == 0)
        return name ? fstatat(dir_fd, name, st, flags) : fstat(dir_fd, st);
    *st = statx_stat(&stx);
    if (stx.stx_mask & STATX_BTIME)
        *birth_ns = stx.stx_btime.tv_sec * 1000000000 + stx.stx_btime.tv_nsec;
    return 0;
}

int statx_directory(int dir_fd, const char *name, dev_t *dev, bool *append_only)
{
    struct statx stx;
    int asked = ask(dir_fd, name, 0, &stx);
    struct stat st;

    *append_only = false;
    if (asked < 0 || (asked == 0 && fstatat(dir_fd, name, &st, 0) < 0))
        return -1;
    *dev = asked ? makedev(stx.stx_dev_major, stx.stx_dev_minor) : st.st_dev;
    if (asked)
        *append_only = stx.stx_attributes & stx.stx_attributes_mask & STATX_ATTR_APPEND;
    return 0;
}
