/* retry.h: system calls that are repeated if they end with EINTR. In a file that includes this
 * header, the names below are these calls.
 *
 * A filesystem may end any call so if the thread is notified: a FUSE server does that if it gives
 * up interrupted requests. The notification need not be a signal with a handler. A stopped process
 * that goes on gets one, and so does the thread of a ring if io-wq wants another worker
 * (create_worker_cb in io_uring/io-wq.c, Linux 6.18). Signals that end the program do so from a
 * thread of their own (cmd/cli/signals.h), and no repeated call delays that.
 *
 * close(2) is not repeated: the descriptor is gone. If it was interrupted, the filesystem may still
 * have to tell that bytes are lost: another descriptor is closed for that. Reads and writes have
 * loops of their own. */
#ifndef CORE_BASE_RETRY_H
#define CORE_BASE_RETRY_H

/* they declare the calls, and must not see the macros */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "musl.h"

enum {
    RETRY_MAX = 1000, /* then the filesystem fails so each time, and the caller is told */
};

/* Makes the call until it does not end with EINTR. Has the value of the last one. */
#define RETRY(call)                                                              \
    __extension__({                                                              \
        __typeof__(call) retry_result;                                           \
        int retry_count = 0;                                                     \
        do                                                                       \
            retry_result = (call);                                               \
        while (retry_result < 0 && errno == EINTR && ++retry_count < RETRY_MAX); \
        retry_result;                                                            \
    })

/* The same of a call that returns a pointer. */
#define RETRY_POINTER(call)                                                   \
    __extension__({                                                           \
        __typeof__(call) retry_result;                                        \
        int retry_count = 0;                                                  \
        do                                                                    \
            retry_result = (call);                                            \
        while (!retry_result && errno == EINTR && ++retry_count < RETRY_MAX); \
        retry_result;                                                         \
    })

/* As the calls of that name. An interrupted call may have been done nevertheless: it counts as
 * successful if the name now leads to something of this type and this user that is empty, if it is
 * a file or a directory. */
int retry_openat(int dir_fd, const char *name, int flags, ...);
int retry_mkdirat(int dir_fd, const char *name, mode_t mode);
int retry_mknodat(int dir_fd, const char *name, mode_t mode, dev_t dev);
int retry_symlinkat(const char *target, int dir_fd, const char *name);
int retry_linkat(int from_fd, const char *from, int dir_fd, const char *name, int flags);
int retry_renameat2(int from_fd, const char *from, int to_fd, const char *to, unsigned flags);
int retry_unlinkat(int dir_fd, const char *name, int flags);
/* Closes a copy of the descriptor, again if that is interrupted. Returns what close(2) of fd would
 * tell: 0 or -errno; -EINTR: that is not known. */
int retry_flush(int fd);

/* As readdir(3), but errno is 0 at the end of the directory. */
static inline struct dirent *retry_readdir(DIR *dir)
{
    struct dirent *entry;
    int count = 0;

    do {
        errno = 0;
        entry = readdir(dir);
    } while (!entry && errno == EINTR && ++count < RETRY_MAX);
    return entry;
}

/* As getc_unlocked(3). */
static inline int retry_getc(FILE *stream)
{
    int c, count = 0;

    while ((c = getc_unlocked(stream)) == EOF && ferror_unlocked(stream) && errno == EINTR &&
           ++count < RETRY_MAX)
        clearerr_unlocked(stream);
    return c;
}

#undef getc_unlocked
#define getc_unlocked retry_getc
#define linkat retry_linkat
#define mkdir(name, mode) retry_mkdirat(AT_FDCWD, name, mode)
#define mkdirat retry_mkdirat
#define mknodat retry_mknodat
#define openat retry_openat
#define readdir retry_readdir
#define renameat(from_fd, from, to_fd, to) retry_renameat2(from_fd, from, to_fd, to, 0)
#define renameat2 retry_renameat2
#define rmdir(name) retry_unlinkat(AT_FDCWD, name, AT_REMOVEDIR)
#define symlinkat retry_symlinkat
#define unlinkat retry_unlinkat

#define access(...) RETRY(access(__VA_ARGS__))
#define chmod(...) RETRY(chmod(__VA_ARGS__))
#define copy_file_range(...) RETRY(copy_file_range(__VA_ARGS__))
#define faccessat(...) RETRY(faccessat(__VA_ARGS__))
#define fallocate(...) RETRY(fallocate(__VA_ARGS__))
#define fchdir(...) RETRY(fchdir(__VA_ARGS__))
#define fchmod(...) RETRY(fchmod(__VA_ARGS__))
#define fchmodat(...) RETRY(fchmodat(__VA_ARGS__))
#define fchown(...) RETRY(fchown(__VA_ARGS__))
#define fchownat(...) RETRY(fchownat(__VA_ARGS__))
#define fdatasync(...) RETRY(fdatasync(__VA_ARGS__))
#define fgetxattr(...) RETRY(fgetxattr(__VA_ARGS__))
#define flistxattr(...) RETRY(flistxattr(__VA_ARGS__))
#define flock(...) RETRY(flock(__VA_ARGS__))
#define fopen(...) RETRY_POINTER(fopen(__VA_ARGS__))
#define fremovexattr(...) RETRY(fremovexattr(__VA_ARGS__))
#define fsetxattr(...) RETRY(fsetxattr(__VA_ARGS__))
#define fstat(...) RETRY(fstat(__VA_ARGS__))
#define fstatat(...) RETRY(fstatat(__VA_ARGS__))
#define fstatfs(...) RETRY(fstatfs(__VA_ARGS__))
#define fsync(...) RETRY(fsync(__VA_ARGS__))
#define ftruncate(...) RETRY(ftruncate(__VA_ARGS__))
#define futimens(...) RETRY(futimens(__VA_ARGS__))
#define getdents64(...) RETRY(getdents64(__VA_ARGS__))
#define getxattr(...) RETRY(getxattr(__VA_ARGS__))
#define lgetxattr(...) RETRY(lgetxattr(__VA_ARGS__))
#define listxattr(...) RETRY(listxattr(__VA_ARGS__))
#define llistxattr(...) RETRY(llistxattr(__VA_ARGS__))
#define lremovexattr(...) RETRY(lremovexattr(__VA_ARGS__))
#define lseek(...) RETRY(lseek(__VA_ARGS__))
#define lsetxattr(...) RETRY(lsetxattr(__VA_ARGS__))
#define lstat(...) RETRY(lstat(__VA_ARGS__))
#define open(...) RETRY(open(__VA_ARGS__))
#define readlink(...) RETRY(readlink(__VA_ARGS__))
#define readlinkat(...) RETRY(readlinkat(__VA_ARGS__))
#define realpath(...) RETRY_POINTER(realpath(__VA_ARGS__))
#define removexattr(...) RETRY(removexattr(__VA_ARGS__))
#define setxattr(...) RETRY(setxattr(__VA_ARGS__))
#define stat(...) RETRY(stat(__VA_ARGS__))
#define syncfs(...) RETRY(syncfs(__VA_ARGS__))
#define utimensat(...) RETRY(utimensat(__VA_ARGS__))

#endif
