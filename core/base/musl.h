/* musl.h: what glibc declares and musl 1.2.3 lacks. */
#ifndef CORE_BASE_MUSL_H
#define CORE_BASE_MUSL_H

#include <features.h>

#ifndef __GLIBC__
#include <dirent.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#undef getdents64 /* a macro in some versions */
static inline ssize_t getdents64(int fd, void *buf, size_t len)
{
    return getdents(fd, buf, len);
}

#ifndef RENAME_NOREPLACE
static inline int renameat2(int from_fd, const char *from, int to_fd, const char *to,
                            unsigned flags)
{
    return (int)syscall(SYS_renameat2, from_fd, from, to_fd, to, flags);
}
#endif

#ifndef STATX_BTIME
#include <linux/stat.h>

static inline int statx(int dir_fd, const char *name, int flags, unsigned mask, struct statx *st)
{
    return (int)syscall(SYS_statx, dir_fd, name, flags, mask, st);
}
#endif

/* The offset is passed in two halves. If a long holds all of it, the kernel ignores the second. */
#define preadv2(fd, iov, count, at, flags) \
    ((ssize_t)syscall(SYS_preadv2, fd, iov, count, (long)(at), (long)((at) >> 32), flags))

#include <linux/fs.h> /* RENAME_NOREPLACE, RWF_NOWAIT */
#endif

#endif
