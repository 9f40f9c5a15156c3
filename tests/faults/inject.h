/* inject.h: one planned failure of one call, shared by the wrappers of the C library and of
 * liburing.
 *
 * The commands are linked a second time, with --wrap for each function __wrap_CALL of inject.c and
 * inject_ring.c. AIOUTILS_INJECT="CALL NTH ACTION" is the plan:
 *
 *   pwrite 3 ENOSPC    the third call fails
 *   cqe_read 7+ EIO    the seventh completion of a read, and all after it
 *   cqe_write 1 short  the first write is half done
 *   read 2 zero        the second read returns 0
 *   mkdirat 1 done     the first call is done, and then fails as if it had been interrupted
 *   cqe_any 1 reverse  completions that came together are reversed
 *   cqe_any 2 late     a completion is delayed behind later ones
 *   linkat 5 SIGINT    the program gets the signal just before the call
 *   openat 1+ pause    each call is delayed a little
 *   openat 3 hold      the thread waits before the call until the program ends
 *
 * The file AIOUTILS_INJECT_LOG gets lines: "fired" at the planned failure; "undrained" if a ring is
 * closed with requests in flight; at the end "count CALL N", and "descriptors N" (open ones). */
#ifndef TESTS_FAULTS_INJECT_H
#define TESTS_FAULTS_INJECT_H

#include <stdbool.h>
#include <stddef.h>

/* clang-format off */
#define INJECT_CALLS(X) \
    X(open) X(openat) X(close) X(read) X(pread) X(preadv2) X(write) X(pwrite) X(fstat) X(fstatat) \
    X(lseek) X(fcntl) X(ioctl) X(ftruncate) X(fallocate) X(futimens) X(utimensat) X(fchown) \
    X(fchownat) X(fchmod) X(fchmodat) X(fsync) X(fdatasync) X(unlinkat) X(linkat) \
    X(symlinkat) X(readlinkat) X(mkdirat) X(mknodat) X(getdents64) X(syscall) X(malloc) X(calloc) \
    X(realloc) X(strdup) X(posix_memalign) X(mmap) X(pthread_create) X(queue_init) \
    X(register_buffers) X(register_workers) X(submit) X(wait_cqe) X(cqe_any) X(cqe_read) \
    X(cqe_write) X(cqe_open) X(cqe_stat) X(stat) X(fopen) X(fdopen) X(fdopendir) X(tmpfile) \
    X(faccessat) X(fstatfs) X(syncfs) X(renameat2) X(listxattr) X(llistxattr) X(flistxattr) X(fgetxattr) \
    X(lgetxattr) X(fsetxattr) X(lsetxattr) X(fremovexattr) X(flock) X(aligned_alloc) \
    X(reallocarray) X(copy_file_range) X(readdir) X(tsearch) X(asprintf) X(vasprintf) X(fflush) \
    X(fclose) X(access) X(chmod) X(fchdir) X(getxattr) X(setxattr) X(removexattr) X(lremovexattr) \
    X(readlink) X(realpath)
/* clang-format on */

#define INJECT_ENUM(name) CALL_##name,
enum inject_call { INJECT_CALLS(INJECT_ENUM) CALL_COUNT };

enum inject_action {
    ACTION_ERROR,
    ACTION_SHORT,
    ACTION_ZERO,
    ACTION_DONE,
    ACTION_REVERSE,
    ACTION_LATE,
    ACTION_PAUSE,
    ACTION_HOLD,
    ACTION_SIGNAL
};

/* Counts the call. Returns true if the plan is for this one. */
bool inject_now(enum inject_call call);
enum inject_action inject_action(void);
int inject_error(void); /* a positive errno */
void inject_log(const char *line);

#endif
